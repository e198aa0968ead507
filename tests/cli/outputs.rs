//! Files that must not be written: those that are read, one file twice, those in no folder.

use crate::support::{Folder, ORDERS};

#[test]
fn what_is_read_is_never_overwritten() {
    let customers = "customer_id,region\nanna,South\n";
    let folder = Folder::with("orders.csv", ORDERS).and("customers.csv", customers);
    for (arguments, written) in [
        (&["rfm", "orders.csv", "-o", "orders.csv"][..], "-o orders.csv"),
        (&["rfm", "*.csv", "-o", "./orders.csv"], "-o ./orders.csv"),
        (&["rfm", "orders.csv", "--quarantine", "orders.csv"], "--quarantine orders.csv"),
        (&["rfm", "orders.csv", "--save-model", "orders.csv"], "--save-model orders.csv"),
        (
            &["clv", "orders.csv", "--customers", "customers.csv", "-o", "customers.csv"],
            "-o customers.csv",
        ),
        (&["segment", "--table", "customers.csv", "-o", "customers.csv"], "-o customers.csv"),
        (&["inspect", "orders.csv", "--write-profile", "orders.csv"], "--write-profile orders.csv"),
    ] {
        folder.run(arguments).refuses(
            2,
            &format!(
                "error: `{written}` is one of the files to read\n\
                 hint: it would be lost: name another file to write\n"
            ),
        );
    }
    assert_eq!(folder.read("orders.csv"), ORDERS);
    assert_eq!(folder.read("customers.csv"), customers);
    folder.run(&["rfm", "orders.csv", "-q", "-o", "scored.csv"]).is(0, "", "");
    folder.run(&["rfm", "orders.csv", "-q", "-o", "scored.csv"]).is(0, "", "");
}

#[test]
fn one_file_is_written_once() {
    let folder = Folder::with("orders.csv", ORDERS);
    folder.run(&["rfm", "orders.csv", "-o", "x.csv", "--quarantine", "./x.csv"]).refuses(
        2,
        "error: `-o` and `--quarantine` both write `./x.csv`\nhint: name a file for each\n",
    );
    assert_eq!(folder.names(), ["orders.csv"]);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = Folder::with("orders.csv", ORDERS);
    for (option, file) in
        [("-o", "no/x.csv"), ("--quarantine", "no/x.csv"), ("--save-model", "no/m.json")]
    {
        folder.run(&["rfm", "orders.csv", "-q", option, file]).refuses(
            1,
            &format!(
                "error: cannot write `{file}`: there is no folder `no`\n\
                 hint: make the folder first, or name a file in another\n"
            ),
        );
    }
}
