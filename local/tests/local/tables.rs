//! What a system has stored, read past it.

use table::{
    Item, Table, TableQuery,
    config::{AccessKeys, Config},
};

/// A table of the system whose database is there. Some engines keep the tables of each region and each caller apart: these are
/// the system's.
pub(crate) fn table(dynamodb: &str, name: &str) -> Table {
    let any = || "local".to_owned();
    let client = table::aws::dynamodb(&Config {
        region: "us-east-1".to_owned(),
        credentials: Some(AccessKeys { id: any(), secret: any(), session: None }),
        dynamodb_endpoint: Some(dynamodb.to_owned()),
        ..Config::default()
    });
    Table::new(client.unwrap(), name)
}

/// All items of a partition.
pub(crate) async fn items(table: &Table, partition: &str) -> Vec<Item> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = table.query(TableQuery::partition(partition).limit(1_000).after(after)).await.unwrap();
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}
