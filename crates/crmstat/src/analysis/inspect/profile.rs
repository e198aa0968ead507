//! The profile by which files are read, to be edited and used again.

use crate::{
    data::{DealStatus, Field},
    ingest::{
        Export,
        pass::input::Input,
        profile::{CustomerSource, Labels, Lines, Profile, Table, outcome::Says},
    },
};

/// The profile that reads the first file of each of `exports` as it is read now.
pub(super) fn written(exports: &[&Export]) -> Profile {
    let inputs = || exports.iter().filter_map(|export| Some((export, export.inputs().first()?)));
    let Some((main, first)) = inputs().next() else {
        // An export has at least one file.
        return Profile::builtin()[0].clone();
    };
    let options = main.options();
    let mut profile = first.mapping.profile.clone();
    profile.date_order = options.date_order.or(first.date_order()).or(profile.date_order);
    profile.decimal = options.decimal.or(first.decimal()).or(profile.decimal);
    let encoding = first.source.kind().encoding().filter(|encoding| *encoding != "UTF-8");
    profile.dialect.encoding = encoding.map(str::to_owned);
    profile.dialect.delimiter = first.text_delimiter();
    for (label, status) in &options.stages {
        for labels in [&mut profile.stages, &mut profile.statuses] {
            for other in [&mut labels.won, &mut labels.lost, &mut labels.open] {
                other.retain(|known| known != label);
            }
            let Labels { won, lost, open } = labels;
            match status {
                DealStatus::Won => won.push(label.clone()),
                DealStatus::Lost => lost.push(label.clone()),
                DealStatus::Open => open.push(label.clone()),
            }
        }
    }
    profile.tables = inputs().map(|(_, input)| table(input)).collect();
    profile
}

/// The table of `input` with exactly its columns.
fn table(input: &Input) -> Table {
    let mapping = &input.mapping;
    let header = |column: usize| mapping.name_of(column);
    Table {
        kind: mapping.kind,
        signature: Vec::new(),
        close_date: mapping.close_date,
        lost_at_zero: mapping.lost_at_zero,
        lost_unless: mapping
            .signs
            .iter()
            .filter(|sign| sign.says == Says::LostUnless)
            .map(|sign| header(sign.column))
            .collect(),
        returns: mapping.returns,
        lines: if mapping.lines { Lines::Always } else { Lines::Never },
        customer: mapping
            .customer
            .iter()
            .map(|customer| CustomerSource {
                columns: vec![header(customer.column)],
                prefix: customer.prefix.clone(),
            })
            .collect(),
        fields: mapping
            .columns
            .iter()
            .filter(|(field, _)| **field != Field::CustomerId)
            .map(|(field, column)| (*field, vec![header(*column)]))
            .collect(),
    }
}
