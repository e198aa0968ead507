#![no_main]

libfuzzer_sys::fuzz_target!(init: crmstat_fuzz::quiet(), |bytes: &[u8]| crmstat_fuzz::json(bytes));
