//! Delimited text in any encoding and compression, under a header that is recognised.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    crmstat_fuzz::read(&[bytes]);
    crmstat_fuzz::read(&[b"customer_id,order_date,amount\n", bytes]);
});
