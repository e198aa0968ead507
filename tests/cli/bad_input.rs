//! Hostile and broken input: a clear message, the right exit code, nothing half-written, never a panic.

use crate::support::{Folder, Run};
use std::{
    fs::File,
    io::{BufWriter, Write},
};

const HEADER: &str = "order_id,customer_id,order_date,amount";

/// `crmstat rfm` on a file `x.csv` of these rows behind the usual header.
fn rfm_of(rows: &str, options: &[&str]) -> Run {
    let folder = Folder::with("x.csv", format!("{HEADER}\n{rows}"));
    folder.run(&[&["rfm", "x.csv"], options].concat())
}

/// `crmstat rfm` on a file `x.csv` of these bytes, writing to a file; a refusal leaves no file.
fn refused(content: impl AsRef<[u8]>, options: &[&str]) -> Run {
    let folder = Folder::with("x.csv", content);
    let run = folder.run(&[&["rfm", "x.csv", "-o", "out.csv"], options].concat());
    assert_eq!(folder.names(), ["x.csv"], "nothing is left behind");
    run
}

#[test]
fn an_empty_file() {
    refused("", &[]).refuses(1, "error: x.csv: the file is empty\n");
}

#[test]
fn a_header_and_no_row() {
    refused(HEADER, &[]).refuses(1, &format!("{HEADER_ONLY}\n"));
}

const HEADER_ONLY: &str = "error: no purchase in `x.csv`: no row behind the header\n\
    hint: export it anew: a filter or a period without orders leaves the header only";

/// What each command that reads orders says of `x.csv` with this content, behind the account of its rows.
fn each_refuses(content: &str, expected: &str) {
    let folder = Folder::with("x.csv", content);
    for command in ["rfm", "segment", "churn", "clv", "cohorts", "forecast", "report -o out"] {
        let arguments: Vec<&str> = command.split(' ').chain(["x.csv"]).collect();
        let run = folder.run(&arguments);
        assert_eq!(run.code, Some(1), "{command}: {}", run.stderr);
        let error = run.stderr.find("error: ").map(|at| run.stderr[at..].trim_end());
        assert_eq!(error, Some(expected), "{command}");
    }
}

#[test]
fn every_command_names_a_file_of_a_header_only() {
    each_refuses(HEADER, HEADER_ONLY);
}

#[test]
fn every_command_names_a_file_of_refunds_only() {
    let rows = format!("{HEADER}\n1,a,2024-01-05,-10\n2,b,2024-02-05,-20\n3,c,2024-03-05,-30\n");
    let read = "error: no purchase in `x.csv`: 3 rows read, refunds only";
    each_refuses(&rows, &format!("{read}\n{SEE_INSPECT}"));
}

#[test]
fn every_command_names_a_file_of_cancelled_orders_only() {
    let rows = "order_id,customer_id,order_date,amount,status\n\
        1,a,2024-01-05,10,cancelled\n2,b,2024-02-05,20,cancelled\n";
    let read = "error: no purchase in `x.csv`: 2 rows read, 2 deal lost";
    each_refuses(rows, &format!("{read}\n{SEE_INSPECT}"));
}

const SEE_INSPECT: &str = "hint: see `crmstat inspect` for how the rows are read";

#[test]
fn binary_noise() {
    let noise: Vec<u8> =
        (0..20_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    refused(noise, &[]).refuses(
        1,
        "error: x.csv: is not a table that crmstat reads: binary data\n\
         hint: pass a CSV, JSON, XLSX, XLS, ODS, HTML table or Parquet file\n",
    );
}

#[test]
fn a_wrong_encoding_forced() {
    let cyrillic = [HEADER.as_bytes(), b"\n1,\xC0\xED\xED\xE0,2024-01-05,10\n"].concat();
    refused(&cyrillic, &["--encoding", "utf-8"]).refuses(
        1,
        "error: x.csv:2: the bytes at offset 41 are not UTF-8\n\
         hint: leave `--encoding` out to have it recognised, or name another\n",
    );
    let run = Folder::with("x.csv", &cyrillic).run(&["rfm", "x.csv"]);
    assert!(run.answer().contains("\nАнна,2024-01-05,"), "{}", run.stdout);
}

#[test]
fn a_quote_never_closed() {
    let rows = "1,anna,2024-01-05,10\n2,\"boris,2024-01-06,20\n3,clara,2024-01-07,30\n";
    refused(format!("{HEADER}\n{rows}"), &[]).refuses(
        1,
        "error: x.csv:3: a quote opens a cell here and is never closed\n\
         hint: close the quote, or double it where it belongs to the text\n",
    );
}

#[test]
fn a_quote_never_closed_before_much_more() {
    let folder = Folder::with("x.csv", "");
    let mut file = BufWriter::new(File::create(folder.path("x.csv")).unwrap());
    writeln!(file, "{HEADER}\n1,anna,2024-01-05,10\n2,\"boris,2024-01-06,20").unwrap();
    for order in 0..4_000_000 {
        writeln!(file, "{order},clara,2024-01-07,30").unwrap();
    }
    file.into_inner().unwrap();
    folder.run(&["rfm", "x.csv"]).refuses(
        1,
        "error: x.csv:3: a quote opens a cell here and is never closed\n\
         hint: close the quote, or double it where it belongs to the text\n",
    );
}

#[test]
fn ragged_rows_are_rejected_one_by_one() {
    let run = rfm_of("1,anna,2024-01-05,10\n2,boris\n3,clara,2024-01-07,30,more\n,,,\n", &[]);
    assert_eq!(run.answer().lines().count(), 2);
    let told = "\
4 rows read: 1 accepted, 2 rejected, 1 left out (1 blank row)
  rejected 1: the row has fewer cells than the header `2` at x.csv:3
  rejected 1: the row has more cells than the header `3` at x.csv:4
";
    assert!(run.stderr.starts_with(told), "{}", run.stderr);
}

#[test]
fn ten_thousand_columns() {
    let names: Vec<String> = (0..10_000).map(|column| format!("c{column}")).collect();
    let blank = ",".repeat(names.len());
    let content = format!("{HEADER},{}\n1,anna,2024-01-05,10{blank}\n", names.join(","));
    let run = Folder::with("x.csv", content).run(&["rfm", "x.csv", "-q"]);
    assert!(run.answer().contains("\nanna,2024-01-05,1,1,10.00,"), "{}", run.stdout);
}

#[test]
fn a_cell_of_a_hundred_megabytes() {
    let folder = Folder::with("x.csv", "");
    let mut file = BufWriter::new(File::create(folder.path("x.csv")).unwrap());
    write!(file, "{HEADER}\n1,anna,2024-01-05,10\n2,").unwrap();
    file.write_all(&b"y".repeat(100_000_000)).unwrap();
    writeln!(file, ",2024-01-06,20").unwrap();
    file.into_inner().unwrap();
    folder.run(&["rfm", "x.csv"]).refuses(
        1,
        "error: x.csv:3: a record is longer than 64 MiB\n\
         hint: this does not look like a table; see `crmstat inspect`\n",
    );
}

#[test]
fn nul_bytes_stay_what_they_are() {
    let run = rfm_of("1,a\0b,2024-01-05,10\n2,ab,2024-01-05,20\n3,\0,2024-01-05,1\n", &["-q"]);
    assert!(run.answer().contains("\na\0b,2024-01-05,1,1,10.00,"), "{}", run.stdout);
    assert!(run.stdout.contains("\nab,2024-01-05,1,1,20.00,"), "{}", run.stdout);
}

#[test]
fn a_header_twice_is_decided_on_and_told() {
    let content = format!("{HEADER},amount\n1,anna,2024-01-05,10,11\n");
    let run = Folder::with("x.csv", content).run(&["rfm", "x.csv", "-v"]);
    assert!(run.answer().contains(",10.00,"), "{}", run.stdout);
    let told = "x.csv: column amount: amount (preferred to `amount` (column 5)) [--map]\n";
    assert!(run.stderr.contains(told), "{}", run.stderr);
}

#[test]
fn a_mapped_column_that_is_missing() {
    rfm_of("1,anna,2024-01-05,10\n", &["--map", "amount=Total"]).refuses(
        1,
        "error: x.csv: there is no column `Total` for amount; the nearest is `amount`\n\
         hint: the headers are `order_id`, `customer_id`, `order_date`, `amount`\n",
    );
    refused("order_id,customer_id,order_date\n1,anna,2024-01-05\n", &[]).refuses(
        1,
        "error: x.csv: no column for amount or price of the orders; recognised are order_id \
         (`order_id`), customer_id (`customer_id`), ordered_at (`order_date`); the headers are \
         `order_id`, `customer_id`, `order_date`\n\
         hint: where the table of order lines has the amounts, give it with `--lines FILE`; \
         name it with `--map amount=COLUMN`\n",
    );
}

#[test]
fn decimal_commas_under_a_decimal_point() {
    let rows = "id;customer_id;order_date;amount\n1;anna;2024-01-05;1.234,56\n";
    refused(rows, &["--decimal", "point"]).refuses(
        1,
        "error: no purchase in `x.csv`: 1 rows read, 1 rejected: a decimal comma where the \
         column has a decimal point `1.234,56` at x.csv:2, column `amount`\n\
         hint: see `crmstat inspect` for how the rows are read\n",
    );
    let run = Folder::with("x.csv", rows).run(&["rfm", "x.csv", "-q"]);
    assert!(run.answer().contains(",1234.56,"), "{}", run.stdout);
}

#[test]
fn dates_that_can_be_read_in_two_ways() {
    let rows = "1,anna,01/02/2024,10\n2,boris,03/04/2024,5\n";
    refused(format!("{HEADER}\n{rows}"), &[]).refuses(
        1,
        "error: x.csv, column `order_date`: the dates can be read in two ways, such as \
         `01/02/2024`: day and month are both 12 or less in every cell\n\
         hint: say which is meant with `--date-order`\n",
    );
    let run = rfm_of(rows, &["--date-order", "mdy", "-q"]);
    assert!(run.answer().contains("\nanna,2024-01-02,"), "{}", run.stdout);
}

#[test]
fn years_outside_any_business() {
    let run = rfm_of("1,anna,0000-01-05,1\n2,boris,9999-12-31,2\n3,clara,2024-01-07,3\n", &[]);
    assert_eq!(run.answer().lines().count(), 2);
    let told = "\
3 rows read: 1 accepted, 2 rejected
  rejected 2: a year outside 1900 to 2199 `0000-01-05` at x.csv:2, column `order_date`
";
    assert!(run.stderr.starts_with(told), "{}", run.stderr);
}

#[test]
fn amounts_that_are_no_numbers_or_past_the_range() {
    let rows = "1,a,2024-01-05,NaN\n2,b,2024-01-05,-inf\n3,c,2024-01-05,1e400\n\
        4,d,2024-01-05,99999999999999999999\n5,e,2024-01-05,5\n";
    let run = rfm_of(rows, &[]);
    assert_eq!(run.answer().lines().count(), 2);
    let told = "\
5 rows read: 1 accepted, 4 rejected
  rejected 2: not a finite number `NaN` at x.csv:2, column `amount`
  rejected 2: an amount past the range of money `1e400` at x.csv:4, column `amount`
";
    assert!(run.stderr.starts_with(told), "{}", run.stderr);
}

#[test]
fn sums_past_the_range() {
    let row =
        |order: u32, customer: &str| format!("{order},{customer},2024-01-05,900000000000000\n");
    refused(format!("{HEADER}\n{}{}", row(1, "anna"), row(2, "anna")), &[]).refuses(
        1,
        "error: the amounts of customer `anna` add up past the range of money\n\
         hint: amounts and their sums must stay within 922 trillion; check the decimal sign\n",
    );
    let two = format!("{HEADER}\n{}{}", row(1, "anna"), row(2, "boris"));
    let run = refused(two, &["--summary", "-q"]);
    run.refuses(1, "error: the revenue of a segment is past the range of money\n");
}

#[test]
fn a_gzip_bomb() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writeln!(bomb, "{HEADER}").unwrap();
    let rows = b"1,anna,2024-01-05,10\n".repeat(50_000);
    for _ in 0..300 {
        bomb.write_all(&rows).unwrap();
    }
    let run = refused(bomb.finish().unwrap(), &[]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.contains("x.csv") && run.stderr.contains("200"), "{}", run.stderr);
}

#[test]
fn an_xlsx_bomb() {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut part = |name: &str, texts: &[(&str, usize)]| {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        for (text, times) in texts {
            (0..*times).for_each(|_| archive.write_all(text.as_bytes()).unwrap());
        }
    };
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
    let workbook = "<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/\
        relationships\"><sheets><sheet name=\"Deals\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";
    let relations = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/\
        relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/\
        officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>";
    part("[Content_Types].xml", &[(types, 1)]);
    part("xl/workbook.xml", &[(workbook, 1)]);
    part("xl/_rels/workbook.xml.rels", &[(relations, 1)]);
    let cells = "<row><c t=\"str\"><v>x</v></c></row>".repeat(30_000);
    let (open, close) = ("<worksheet><sheetData>", "</sheetData></worksheet>");
    part("xl/worksheets/sheet1.xml", &[(open, 1), (&cells, 600), (close, 1)]);
    let bomb = archive.finish().unwrap().into_inner();
    assert!(bomb.len() < 8 << 20, "{} bytes", bomb.len());
    let run = refused(bomb, &[]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.starts_with("error: x.csv"), "{}", run.stderr);
}

#[test]
fn names_that_lead_nowhere() {
    let folder = Folder::new();
    folder
        .run(&["rfm", "gone.csv"])
        .refuses(1, "error: cannot read `gone.csv`: No such file or directory (os error 2)\n");
    folder.run(&["rfm", "gone*.csv"]).refuses(
        2,
        "error: `gone*.csv` matches no file\n\
         hint: quote a name that holds `*`, `?` or `[`, or check the folder\n",
    );
    folder
        .run(&["rfm", "."])
        .refuses(1, "error: .: is a folder, not a file\nhint: name its files, such as `./*.csv`\n");
}

#[test]
fn tables_of_different_kinds_are_no_one_data_set() {
    let spend = "period,channel,amount\n2024-01-01,web,5\n";
    let folder = Folder::with("x.csv", format!("{HEADER}\n1,a,2024-01-05,1\n")).and("y.csv", spend);
    let run = folder.run(&["rfm", "x.csv", "y.csv"]);
    run.refuses(
        1,
        "error: y.csv: holds spend, but `x.csv` holds orders\n\
         hint: give tables of other kinds with their own options, such as `--lines`\n",
    );
}

/// What a broken HTML export, called `.xls`, ended in: 105 for 1050.50.
#[test]
fn an_html_table_cut_inside_a_cell() {
    let row = |id: u32| {
        format!("<tr><td>{id}</td><td>c{id}</td><td>2024-01-05</td><td>1050.50</td></tr>")
    };
    let rows: String = (0..20).map(row).collect();
    let head = "<tr><th>order_id</th><th>customer_id</th><th>order_date</th><th>amount</th></tr>";
    let page = format!("<table>{head}{rows}</table>");
    let expected = "error: x.csv: ends in the middle of a table: it was cut short\n\
        hint: export or download it again; a whole table ends in `</table>`\n";
    for lost in [1, 8, 13, 14, 18, 19, 21, 40, 500] {
        refused(&page[..page.len() - lost], &[]).refuses(1, expected);
    }
    Folder::with("x.xls", page).run(&["rfm", "x.xls"]).answer();
}

#[test]
fn an_html_tag_of_many_attributes() {
    let page = format!("<table><tr><td {}>1</td></tr></table>", "a=\"b\" ".repeat(16_000));
    refused(page, &[]).refuses(
        1,
        "error: x.csv: has a tag of more than 128 attributes\n\
         hint: open it in a spreadsheet program and save it as XLSX or CSV\n",
    );
}
