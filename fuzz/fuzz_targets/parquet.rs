//! Parquet, whose magic is all that the target supplies.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    crmstat_fuzz::read(&[bytes]);
    crmstat_fuzz::read(&[b"PAR1", bytes, b"PAR1"]);
});
