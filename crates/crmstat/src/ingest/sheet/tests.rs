use std::{
    fmt::Write as _,
    io::{Read, Write},
};

use proptest::prelude::*;

use super::html::declared_charset;
use crate::{
    Error,
    ingest::source::{ExportFile, Kind, Source, SourceOptions},
};

fn open(bytes: &[u8], sheet: Option<&str>) -> Result<Source, Error> {
    let options = SourceOptions { sheet: sheet.map(str::to_owned), ..SourceOptions::default() };
    Source::open(ExportFile::bytes("book", bytes), &options)
}

fn text(source: &Source) -> String {
    let mut text = String::new();
    source.reader().unwrap().read_to_string(&mut text).unwrap();
    text
}

/// The comma-separated form of the table that `bytes` hold.
fn convert(bytes: &[u8]) -> Result<String, Error> {
    open(bytes, None).map(|source| {
        assert_eq!(source.kind(), Kind::Sheet);
        text(&source)
    })
}

fn decision(source: &Source, topic: &str) -> Option<String> {
    let decision = source.decisions().iter().find(|decision| decision.topic == topic);
    decision.map(|decision| decision.value.clone())
}

/// A ZIP file of these parts.
fn zip(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// An XLSX file of sheets, each a name, a state and the rows of its `sheetData`.
///
/// The styles 1 and 2 are a date and an elapsed time; shared text 0 is `общий`.
fn xlsx(sheets: &[(&str, &str, &str)], is_1904: bool) -> Vec<u8> {
    xlsx_with_shared(sheets, is_1904, "count=\"1\" uniqueCount=\"1\"")
}

fn xlsx_with_shared(sheets: &[(&str, &str, &str)], is_1904: bool, counts: &str) -> Vec<u8> {
    let mut book = format!(
        "<workbook xmlns:r=\"{RELATIONS}\"><workbookPr date1904=\"{}\"/><sheets>",
        u8::from(is_1904)
    );
    let mut relations = String::from("<Relationships>");
    let mut parts = Vec::new();
    for (index, (name, state, rows)) in sheets.iter().enumerate() {
        let id = index + 1;
        write!(book, "<sheet name=\"{name}\" sheetId=\"{id}\" state=\"{state}\" r:id=\"r{id}\"/>")
            .unwrap();
        write!(
            relations,
            "<Relationship Id=\"r{id}\" Type=\"{RELATIONS}/worksheet\" \
             Target=\"worksheets/sheet{id}.xml\"/>"
        )
        .unwrap();
        parts.push((
            format!("xl/worksheets/sheet{id}.xml"),
            // The declared dimension lies on purpose: nothing may be laid out by it.
            format!(
                "<worksheet><dimension ref=\"A1:XFD1048576\"/><sheetData>{rows}</sheetData></worksheet>"
            ),
        ));
    }
    book += "</sheets></workbook>";
    relations += "</Relationships>";
    let styles = "<styleSheet><numFmts count=\"1\"><numFmt numFmtId=\"200\" \
        formatCode=\"[h]:mm:ss\"/></numFmts><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"22\"/>\
        <xf numFmtId=\"200\"/></cellXfs></styleSheet>";
    let shared = format!("<sst {counts}><si><t>общий</t></si></sst>");
    let root = format!(
        "<Relationships><Relationship Id=\"r1\" Type=\"{RELATIONS}/officeDocument\" \
         Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let mut all = vec![
        ("_rels/.rels", root.as_str()),
        ("xl/workbook.xml", book.as_str()),
        ("xl/_rels/workbook.xml.rels", &relations),
        ("xl/styles.xml", styles),
        ("xl/sharedStrings.xml", &shared),
    ];
    all.extend(parts.iter().map(|(name, content)| (name.as_str(), content.as_str())));
    zip(&all)
}

/// An XLSX file of one sheet.
fn sheet(rows: &str) -> Vec<u8> {
    xlsx(&[("Deals", "visible", rows)], false)
}

#[test]
fn cells_keep_their_meaning() {
    let rows = r#"<row r="2"><c r="B2" t="s"><v>0</v></c><c r="C2" t="inlineStr"><is><t>0012</t></is></c>
        <c r="D2"><v>350000</v></c><c r="E2"><v>0.1</v></c><c r="F2" t="b"><v>1</v></c></row>
        <row r="4"><c r="A4" t="str"><v>a,"b"</v></c><c r="B4"><v>0.30000000000000004</v></c>
        <c r="C4"><v>-1.5</v></c><c r="D4"><v>12345678901234567</v></c><c r="F4"><v>1e-7</v></c></row>"#;
    // Blank rows are records, so that the number of a record is the number of its row.
    let expected = ",,,,,\n,общий,0012,350000,0.1,true\n,,,,,\n\
        \"a,\"\"b\"\"\",0.30000000000000004,-1.5,1.2345678901234568E+16,,0.0000001\n";
    assert_eq!(convert(&sheet(rows)).unwrap(), expected);
}

#[test]
fn dates_are_iso_in_both_systems() {
    let cell = |serial: &str, style: u8| format!("<row><c s=\"{style}\"><v>{serial}</v></c></row>");
    let shown = |serial: &str, style: u8, is_1904: bool| {
        let bytes = xlsx(&[("D", "visible", &cell(serial, style))], is_1904);
        convert(&bytes).unwrap().trim_end().to_owned()
    };
    for (serial, expected) in [
        ("1", "1900-01-01"),
        ("59", "1900-02-28"),
        // Excel shows this day, which never was; no parser of dates takes it.
        ("60", "1900-02-29"),
        ("61", "1900-03-01"),
        ("42862.375081018518", "2017-05-07T09:00:07"),
        ("42862.9999999", "2017-05-08"),
        ("0.5", "12:00:00"),
        ("2958465", "9999-12-31"),
        ("2958466", "2958466"),
        ("-1", "-1"),
    ] {
        assert_eq!(shown(serial, 1, false), expected, "serial {serial} of 1900");
    }
    assert_eq!(shown("41400.375081018518", 1, true), "2017-05-07T09:00:07");
    assert_eq!(shown("1", 1, true), "1904-01-02");
    assert_eq!(shown("1.25", 2, false), "30:00:00");
}

#[test]
fn errors_and_formulas_without_values_are_counted() {
    let rows = r#"<row r="1"><c t="str"><f>A9</f><v>id</v></c><c t="inlineStr"><is><t>n</t></is></c></row>
        <row r="2"><c><f>1+1</f><v>2</v></c><c t="e"><v>#DIV/0!</v></c></row>
        <row r="3"><c><f>1+1</f></c><c><v>3</v></c></row>"#;
    let source = open(&sheet(rows), None).unwrap();
    assert_eq!(text(&source), "id,n\n2,\n,3\n");
    assert_eq!(decision(&source, "kind").as_deref(), Some("XLSX"));
    assert_eq!(decision(&source, "error cells").as_deref(), Some("1 read as empty"));
    assert_eq!(decision(&source, "formulas").as_deref(), Some("1 read as empty"));
}

#[test]
fn the_first_visible_sheet_like_a_table_is_chosen_or_the_one_named() {
    let texts = |cells: &[&str]| {
        let cells =
            cells.iter().map(|cell| format!("<c t=\"inlineStr\"><is><t>{cell}</t></is></c>"));
        format!("<row>{}</row>", cells.collect::<String>())
    };
    let (title, hidden) = (texts(&["Отчёт за май"]), texts(&["a", "b", "c", "d"]));
    let (deals, other) = (texts(&["id", "сумма", "дата"]), texts(&["x", "y", "z", "w"]));
    let book = xlsx(
        &[
            ("Титул", "visible", &title),
            ("Скрытый", "hidden", &hidden),
            ("Сделки", "visible", &deals),
            ("Ещё", "visible", &other),
        ],
        false,
    );
    let source = open(&book, None).unwrap();
    assert_eq!(decision(&source, "sheet").as_deref(), Some("Сделки"));
    assert_eq!(text(&source), "id,сумма,дата\n");
    assert_eq!(text(&open(&book, Some("Скрытый")).unwrap()), "a,b,c,d\n");
    assert_eq!(text(&open(&book, Some(" ещё")).unwrap()), "x,y,z,w\n");
    let error = open(&book, Some("Нет")).unwrap_err();
    assert!(error.is_usage() && error.hint().unwrap().contains("`Сделки`"));
}

#[test]
fn short_rows_are_filled_up_and_formatted_columns_left_out() {
    let mut rows = String::new();
    for row in 1..=200 {
        // Every row has an empty formatted cell far to the right; the second column is often empty.
        let second = if row % 3 == 0 { "<v>5</v>" } else { "" };
        write!(
            rows,
            "<row r=\"{row}\"><c r=\"A{row}\"><v>{row}</v></c><c r=\"B{row}\">{second}</c>\
             <c r=\"XFD{row}\" s=\"1\"/></row>"
        )
        .unwrap();
    }
    let text = convert(&sheet(&rows)).unwrap();
    assert_eq!(text.lines().count(), 200);
    assert!(text.lines().all(|line| line.matches(',').count() == 1), "{text}");
}

#[test]
fn impossible_references_are_refused_with_their_row() {
    for (rows, message) in [
        (r#"<row r="1048577"><c r="A1048577"><v>1</v></c></row>"#, "a cell in row 1048577"),
        (r#"<row r="1"><c r="XFE1"><v>1</v></c></row>"#, "more than 16384 columns"),
        (r#"<row r="1"><c r="ZZZZZZZZZ1"><v>1</v></c></row>"#, "columns"),
        (r#"<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>"#, "out of order"),
    ] {
        let error = convert(&sheet(rows)).unwrap_err();
        assert!(error.is_data() && error.to_string().contains(message), "{error}");
    }
}

#[test]
fn workbook_bombs_end_in_a_stated_limit() {
    // Two hundred megabytes of blanks pack to a thousandth.
    let bomb =
        format!("<row><c t=\"inlineStr\"><is><t>{}</t></is></c></row>", " ".repeat(200 << 20));
    let error = convert(&sheet(&bomb)).unwrap_err();
    assert!(error.to_string().contains("more than 200 times its packed size"), "{error}");

    let counts = "uniqueCount=\"99999999999\"";
    let book = xlsx_with_shared(&[("D", "visible", "<row/>")], false, counts);
    let error = convert(&book).unwrap_err();
    assert!(error.to_string().contains("says that it shares 99999999999 texts"), "{error}");

    // A million rows of a full width would be 16 billion cells.
    let wide = "<row r=\"1\"><c r=\"XFD1\"><v>1</v></c></row>\
        <row r=\"1048576\"><c r=\"A1048576\"><v>1</v></c></row>";
    let error = convert(&sheet(wide)).unwrap_err();
    assert!(error.to_string().contains("more than 100 million cells"), "{error}");
}

/// An ODS file with this content of its only sheet.
fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content><office:body><office:spreadsheet>\
         <table:table table:name=\"S\">{rows}</table:table>\
         </office:spreadsheet></office:body></office:document-content>"
    );
    zip(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", "<manifest:manifest/>"),
        ("content.xml", &content),
    ])
}

#[test]
fn ods_repeats_and_blank_rows_keep_their_place() {
    let text_cell = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
        )
    };
    let rows = format!(
        "<table:table-row table:number-rows-repeated=\"2\"><table:table-cell/></table:table-row>\
         <table:table-row>{}{}<table:table-cell table:number-columns-repeated=\"16382\"/></table:table-row>\
         <table:table-row><table:table-cell office:value-type=\"date\" \
         office:date-value=\"2017-05-07T09:00:07.500\"/><table:table-cell office:value-type=\"float\" \
         office:value=\"3\"/></table:table-row>\
         <table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell/></table:table-row>",
        text_cell("дата"),
        text_cell("007"),
    );
    let source = open(&ods(&rows), None).unwrap();
    assert_eq!(text(&source), ",\n,\nдата,007\n2017-05-07T09:00:07,3\n");
    assert_eq!(decision(&source, "kind").as_deref(), Some("ODS"));
}

#[test]
fn ods_bombs_and_endless_sheets_are_refused() {
    let bomb = "<table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell \
        table:number-columns-repeated=\"1000\" office:value-type=\"float\" office:value=\"1\"/>\
        </table:table-row>";
    let error = convert(&ods(bomb)).unwrap_err();
    assert!(error.to_string().contains("more than 200 times what it holds"), "{error}");
    let spaces = "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>a<text:s \
        text:c=\"2000000000\"/></text:p></table:table-cell></table:table-row>";
    for count in ["2000000000", "18446744073709551616", "1048577"] {
        let error = convert(&ods(&spaces.replace("2000000000", count))).unwrap_err();
        assert!(error.to_string().contains("more than 1 MiB of text"), "{error}");
    }
    for (attribute, count) in [("rows", "-1"), ("columns", "x"), ("rows", "")] {
        let odd = format!(
            "<table:table-row table:number-{attribute}-repeated=\"{count}\"><table:table-cell \
             table:number-{attribute}-repeated=\"{count}\"/></table:table-row>"
        );
        let error = convert(&ods(&odd)).unwrap_err();
        assert!(error.to_string().contains("is not a count of repeats"), "{error}");
    }
    let wide = "<table:table-row><table:table-cell table:number-columns-repeated=\"16384\"/>\
        <table:table-cell office:value-type=\"float\" office:value=\"1\"/></table:table-row>";
    let error = convert(&ods(wide)).unwrap_err();
    assert!(error.to_string().contains("more than 16384 columns"), "{error}");
    let endless = zip(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", "<manifest:manifest/>"),
        ("content.xml", "<office:body><table:table table:name=\"S\"><table:table-row>"),
    ]);
    assert!(convert(&endless).unwrap_err().to_string().contains("has no end"));
}

/// An XLS file of `sheets` sheets, each of these records: kind and data.
fn xls(sheets: usize, records: &[(u16, Vec<u8>)]) -> Vec<u8> {
    const SECTOR: usize = 512;
    let record = |kind: u16, data: &[u8]| {
        [&kind.to_le_bytes(), &(data.len() as u16).to_le_bytes(), data].concat()
    };
    // Version 6, and what the stream holds: the globals or a sheet.
    let begin = |kind: u8| record(0x0809, &[0, 6, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let end = record(0x000A, &[]);
    let sheet =
        [begin(0x10), records.iter().flat_map(|(k, d)| record(*k, d)).collect(), end.clone()];
    let sheet = sheet.concat();
    let bound = |offset: usize, number: usize| {
        let mut data = (offset as u32).to_le_bytes().to_vec();
        data.extend([0, 0, 2, 0, b'S', b'0' + number as u8]);
        record(0x0085, &data)
    };
    let globals_length = begin(5).len() + sheets * bound(0, 0).len() + end.len();
    let mut stream = begin(5);
    (0..sheets).for_each(|n| stream.extend(bound(globals_length + n * sheet.len(), n)));
    stream.extend(end);
    (0..sheets).for_each(|_| stream.extend(&sheet));
    stream.resize(stream.len().max(4096).next_multiple_of(SECTOR), 0);

    let mut header = vec![0_u8; SECTOR];
    header[..8].copy_from_slice(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
    // Versions, byte order, sector sizes; one table sector, the directory in sector 1, no other tables.
    header[24..34].copy_from_slice(&[0x3E, 0, 3, 0, 0xFE, 0xFF, 9, 0, 6, 0]);
    header[44..52].copy_from_slice(&[1, 0, 0, 0, 1, 0, 0, 0]);
    header[56..60].copy_from_slice(&4096_u32.to_le_bytes());
    header[60..64].copy_from_slice(&0xFFFF_FFFE_u32.to_le_bytes());
    header[68..72].copy_from_slice(&0xFFFF_FFFE_u32.to_le_bytes());
    header[76..].fill(0xFF);
    header[76..80].fill(0);
    let mut table = vec![0xFFFF_FFFD_u32, 0xFFFF_FFFE];
    table.extend((1..stream.len() / SECTOR).map(|sector| sector as u32 + 2));
    table.push(0xFFFF_FFFE);
    table.resize(SECTOR / 4, 0xFFFF_FFFF);
    let entry = |name: &str, kind: u8, start: u32, length: usize| {
        let mut entry = vec![0_u8; 128];
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry[..name.len()].copy_from_slice(&name);
        entry[64] = name.len() as u8 + 2;
        entry[66] = kind;
        entry[116..120].copy_from_slice(&start.to_le_bytes());
        entry[120..124].copy_from_slice(&(length as u32).to_le_bytes());
        entry
    };
    let mut directory = entry("Root Entry", 5, 0xFFFF_FFFE, 0);
    directory.extend(entry("Workbook", 2, 2, stream.len()));
    directory.resize(SECTOR, 0);
    let table = table.iter().flat_map(|number| number.to_le_bytes()).collect();
    [header, table, directory, stream].concat()
}

/// A cell of an XLS sheet that holds the number `value`.
fn number(row: u16, column: u16, value: f64) -> (u16, Vec<u8>) {
    let place: Vec<u8> = [row, column, 0].into_iter().flat_map(u16::to_le_bytes).collect();
    (0x0203, [place, value.to_le_bytes().to_vec()].concat())
}

#[test]
fn xls_cells_keep_their_place_and_bombs_are_refused() {
    let cells = [number(1, 1, 12.5), number(1, 2, 7.0), number(3, 0, 1.0)];
    assert_eq!(convert(&xls(1, &cells)).unwrap(), ",,\n,12.5,7\n,,\n1,,\n");

    // Two cells in opposite corners, on two sheets: 16.7 million places each.
    let corners = [number(0, 0, 1.0), number(65_535, 255, 1.0)];
    let error = convert(&xls(2, &corners)).unwrap_err();
    assert!(error.to_string().contains("more than 20 million cells"), "{error}");
    // One such sheet is within that, but would take half a gigabyte for two cells.
    let error = convert(&xls(1, &corners)).unwrap_err();
    assert!(error.to_string().contains("empty places for each of its 2 cells"), "{error}");

    // The reader makes room for the dimensions that a sheet declares.
    let mut dimensions = vec![0, 0, 0, 0, 0, 0, 0, 0x7F];
    dimensions.extend([0, 0, 0xFF, 0xFF, 0, 0]);
    let error = convert(&xls(1, &[(0x0200, dimensions)])).unwrap_err();
    assert!(error.to_string().contains("more than 20 million cells"), "{error}");
}

#[test]
fn an_encrypted_workbook_is_called_so() {
    let mut bytes = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    bytes.resize(2048, 0);
    bytes.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    bytes.resize(4096, 0);
    assert!(convert(&bytes).unwrap_err().to_string().contains("protected by a password"));
}

#[test]
fn html_cells_are_what_a_browser_shows() {
    let page = "<!DOCTYPE html><meta charset=utf-8><style>td{color:red}</style>\n\
        <table border=1><thead><tr><th>ID<th>Имя,\n  фамилия</thead><tbody>\
        <tr><td> 007 </td><td>Ромашка &amp; &quot;К&deg;&quot;<br>вторая&nbsp;строка</td></tr>\
        <tr><td></td><td><p>один</p><p>два</p><script>var x = '<td>';</script></td></tr>\
        <tr></tr><tr><td>1<td>2</table>";
    let expected = "ID,\"Имя, фамилия\"\n\
        007,\"Ромашка & \"\"К°\"\"\nвторая\u{A0}строка\"\n,\"один\nдва\"\n,\n1,2\n";
    assert_eq!(convert(page.as_bytes()).unwrap(), expected);
}

#[test]
fn ods_cells_hold_what_a_spreadsheet_shows() {
    let rows = "<table:table-row>\
        <table:table-cell office:value-type=\"string\"><text:p>две<text:s text:c=\"2\"/>строки</text:p>\
        <text:p>a<text:tab/>b</text:p><office:annotation><text:p>note</text:p></office:annotation>\
        </table:table-cell>\n  <table:table-cell office:value-type=\"percentage\" office:value=\"0.15\">\
        <text:p>15 %</text:p></table:table-cell>\
        <table:table-cell office:value-type=\"boolean\" office:boolean-value=\"true\"/>\
        <table:table-cell office:value-type=\"time\" office:time-value=\"PT09H30M05S\"/>\
        <table:table-cell table:formula=\"of:=1/0\" calcext:value-type=\"error\"/>\
        <table:table-cell table:formula=\"of:=1\"/><table:table-cell><text:p>plain</text:p>\
        <draw:frame><text:p>shape</text:p></draw:frame></table:table-cell></table:table-row>\
        <table:table-row table:number-rows-repeated=\"2\"><table:table-cell \
        table:number-columns-repeated=\"2\" office:value-type=\"float\" office:value=\"7\"/>\
        </table:table-row>";
    let source = open(&ods(rows), None).unwrap();
    assert_eq!(
        text(&source),
        "\"две  строки\na\tb\",0.15,true,09:30:05,,,plain\n7,7,,,,,\n7,7,,,,,\n"
    );
    assert_eq!(decision(&source, "error cells").as_deref(), Some("1 read as empty"));
    assert_eq!(decision(&source, "formulas").as_deref(), Some("1 read as empty"));
}

#[test]
fn html_cut_anywhere_inside_its_table_is_refused() {
    let page = "<html><body><table border=1><tr><th>id</th><th>сумма</th></tr><tr><td>1</td><td>1050.50</td>\
        </tr><tr><td>2</td><td><p>7</p></td></tr></table></body></html>";
    let end = page.find("</table>").unwrap() + "</table>".len();
    let begin = page.find("<th>id").unwrap();
    for at in (begin..page.len()).filter(|at| page.is_char_boundary(*at)) {
        let converted = open(&page.as_bytes()[..at], None);
        if at < end {
            let error = converted.unwrap_err();
            assert!(error.to_string().contains("it was cut short"), "{at}: {error}");
        } else {
            let is_said = decision(&converted.unwrap(), "end").is_some();
            assert_eq!(is_said, !page[..at].contains("</html>"), "{at}");
        }
    }
    // Whether a later table was lost cannot be known; whether an earlier one never closes can.
    let page = "<table><tr><td>a</td></tr><table><tr><td>b</td></tr></table>";
    assert!(open(page.as_bytes(), None).unwrap_err().to_string().contains("it was cut short"));
}

#[test]
fn html_tables_within_tables_are_bounded() {
    let deep = "<table><tr><td>".repeat(100_000);
    let error = open(deep.as_bytes(), None).unwrap_err();
    assert!(error.to_string().contains("more than 64 deep"), "{error}");
}

#[test]
fn html_spans_keep_every_cell_in_its_column() {
    let page = "<table><tr><th>a<th colspan=2>b<th>c</tr>\
        <tr><td rowspan=2>1<td>2<td>3<td rowspan=3>4</tr><tr><td>5<td>6</tr>\
        <tr><td>7<td>8<td>9</tr><tr><td>x<td>y<td>z<td>w</tr></table>";
    assert_eq!(convert(page.as_bytes()).unwrap(), "a,b,,c\n1,2,3,4\n,5,6,\n7,8,9,\nx,y,z,w\n");
}

#[test]
fn html_spans_are_bounded() {
    let page = "<table><tr><td colspan=1000000000 rowspan=1000000000>1</tr><tr><td>2</tr></table>";
    let text = convert(page.as_bytes()).unwrap();
    // As in a browser, 1000 columns are covered in the second row too.
    assert_eq!(text.lines().next(), Some(format!("1{}", ",".repeat(1_000)).as_str()));
    let page = format!("<table><tr>{}</table>", "<td colspan=1000>".repeat(20));
    assert!(convert(page.as_bytes()).unwrap_err().to_string().contains("16384 columns"));
}

#[test]
fn the_html_table_with_most_rows_is_taken_also_when_nested() {
    let page = "<html><table><tr><td>menu</td></tr><tr><td>layout<table><tr><td>id<td>n</tr>\
        <tr><td>1<td>2</tr><tr><td>3<td>4</tr></table></td></tr></table></html>";
    let source = open(page.as_bytes(), None).unwrap();
    assert_eq!(text(&source), "id,n\n1,2\n3,4\n");
    assert_eq!(decision(&source, "table").as_deref(), Some("table 2 of 2"));
}

#[test]
fn html_encodings_are_declared_marked_or_recognised() {
    let table = "<table><tr><td>Сделка успешна</td></tr></table>";
    let declared = format!(
        "<meta http-equiv='Content-Type' content='text/html; charset=windows-1251'>{table}"
    );
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(&declared);
    assert_eq!(convert(&bytes).unwrap(), "Сделка успешна\n");
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(table);
    assert_eq!(convert(&bytes).unwrap(), "Сделка успешна\n");
    let wide: Vec<u8> =
        format!("\u{FEFF}{table}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(convert(&wide).unwrap(), "Сделка успешна\n");
    // A page that is valid UTF-8 is UTF-8, whatever it declares.
    assert_eq!(convert(declared.as_bytes()).unwrap(), "Сделка успешна\n");

    assert_eq!(declared_charset(b"<META CHARSET = x>"), None);
    assert_eq!(declared_charset(b"<meta charset=\"KOI8-R\">"), Some(encoding_rs::KOI8_R));
    assert_eq!(declared_charset(b"<meta charset=utf-16>"), Some(encoding_rs::UTF_8));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// A cell of any text comes back from the record that it was written into.
    #[test]
    fn html_text_survives_the_way_through_csv(
        cells in prop::collection::vec("[a-zа-я,\"'; ]{0,12}", 1..8),
    ) {
        let row = cells.join("</td><td>");
        let text = convert(format!("<table><tr><td>{row}</td></tr></table>").as_bytes()).unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let record = reader.records().next().unwrap().unwrap();
        let squeezed =
            |cell: &str| cell.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let mut expected: Vec<_> = cells.iter().map(|cell| squeezed(cell)).collect();
        while expected.len() > 1 && expected.last().is_some_and(String::is_empty) {
            expected.pop();
        }
        prop_assert_eq!(record.iter().collect::<Vec<_>>(), expected);
    }

    /// A damaged workbook ends in an error or in other cells, never in a panic of ours.
    #[test]
    fn damaged_workbooks_never_panic(
        kind in 0_u8..3,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = if kind == 0 {
            xls(1, &[number(0, 0, 1.0), number(5, 3, 2.0)])
        } else if kind == 1 {
            ods("<table:table-row><table:table-cell office:value-type=\"float\" office:value=\"1\"/></table:table-row>")
        } else {
            sheet(r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>42862.5</v></c></row>"#)
        };
        for (index, value) in damage {
            let at = 4 + index.index(bytes.len() - 4);
            bytes[at] = value;
        }
        let _ = open(&bytes, None);
    }

    /// Markup in any order ends, in cells or in an error.
    #[test]
    fn arbitrary_markup_never_panics(tags in prop::collection::vec(prop::sample::select(vec![
        "<table>", "</table>", "<tr>", "</tr>", "<td>", "<td rowspan=0 colspan=3>", "</td>", "<th rowspan=2>",
        "<br>", "<script>", "</script>", "&amp;", "&#x110000;", "x", "\u{0}", "<td colspan=99999999999999999999>",
        "<!--", "-->", "<thead>", "</tbody>",
    ]), 0..60)) {
        let _ = open(format!("<table>{}", tags.concat()).as_bytes(), None);
    }
}
