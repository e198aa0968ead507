//! The HTML table that some CRMs call `.xls`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    const HEADER: &[u8] = b"<table><tr><th>customer_id<th>order_date<th>amount</tr>";
    crmstat_fuzz::read(&[b"<table>", bytes]);
    crmstat_fuzz::read(&[HEADER, bytes]);
});
