//! Cubes: objects counted and added up by the values of up to two columns, computed from indexes alone.

use std::collections::BTreeMap;

use base::Result;
use records::objects::{Collection, Objects};
use table::{Item, concurrent::concurrent};

use crate::{
    column::Column,
    filter::{Filter, Predicate},
    measure::{Measure, Tally},
    plan::Plan,
    scan::Scan,
    stats::BATCH,
};

/// So many gaps are looked into at the same time.
const AT_ONCE: usize = 8;

/// What objects are counted and added up by.
#[derive(Clone, Debug, Default)]
pub struct CubeQuery {
    /// Which objects; all if there is none.
    pub filter: Option<Filter>,
    /// The columns that they are told apart by.
    pub by: [Option<Column>; 2],
    /// What is told of those that are alike.
    pub measures: Vec<Measure>,
}

/// The keys of a cell, one for each column; none where there is no column or no value.
pub type CellKey = [Option<String>; 2];

/// Objects that are alike.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// How many there are.
    pub count: usize,
    /// One for each measure.
    pub tallies: Vec<Tally>,
}

/// Objects, told apart by their keys.
#[derive(Clone, Debug, Default)]
pub struct Cube {
    /// Those that are alike.
    pub cells: BTreeMap<CellKey, Cell>,
    /// Whether these are all objects.
    pub complete: bool,
}

impl CubeQuery {
    /// All objects that match, as far as the budget of one answer goes. What a key stands for tells `name`, of the column with
    /// this number.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn run(
        &self,
        objects: &Objects,
        collection: &Collection,
        name: impl Fn(usize, &str) -> String,
    ) -> Result<Cube> {
        let plan = Plan::of_stats(self.filter.as_ref(), None);
        self.along(&plan, (objects, collection), name).await
    }

    /// The objects of one group, whose key in the column this is, or that have no value in it.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn of_group(
        mut self,
        objects: &Objects,
        collection: &Collection,
        (column, key): (&Column, Option<String>),
    ) -> Result<(Cell, bool)> {
        let predicate = key.map_or(Predicate::Empty(true), |key| Predicate::In(vec![key]));
        self.filter =
            Some(Filter::All([Filter::is(column, predicate)].into_iter().chain(self.filter).collect()));
        self.by = [None, None];
        let mut cube = self.run(objects, collection, |_, key| key.to_owned()).await?;
        Ok((cube.cells.remove(&[None, None]).unwrap_or_default(), cube.complete))
    }

    /// The objects with a value in the first column that is none of these, which are in order.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn outside(&self, objects: &Objects, collection: &Collection, keys: &[String]) -> Result<Cube> {
        let Some(Column::Field(_, slot)) = &self.by[0] else { return Ok(Cube::default()) };
        let gaps = Plan::of_gaps(*slot, keys);
        let count = |gap: Plan| {
            let (query, objects, collection) = (self.clone(), objects.clone(), collection.clone());
            async move { query.along(&gap, (&objects, &collection), |_, key| key.to_owned()).await }
        };
        let counts: Vec<_> = gaps.one_by_one().map(count).collect();
        let mut all = Cube { cells: BTreeMap::new(), complete: true };
        for gap in concurrent(AT_ONCE, counts).await {
            let Cube { cells, complete } = gap?;
            all.cells.extend(cells);
            all.complete &= complete;
        }
        Ok(all)
    }

    async fn along(
        &self,
        plan: &Plan,
        (objects, collection): (&Objects, &Collection),
        name: impl Fn(usize, &str) -> String,
    ) -> Result<Cube> {
        let filter = self.filter.as_ref();
        let mut scan = Scan::new((objects.table(), &collection.stored), plan, filter, None, BATCH)?;
        let mut cube = Cube::default();
        while let Some(entries) = scan.next().await? {
            for entry in &entries {
                if filter.is_none_or(|filter| filter.eval(entry) == Some(true)) {
                    cube.add(self, entry, &name);
                }
            }
        }
        cube.complete = scan.position().is_none();
        Ok(cube)
    }
}

impl Cube {
    fn add(&mut self, query: &CubeQuery, entry: &Item, name: &impl Fn(usize, &str) -> String) {
        let key = |index: usize| {
            let key = query.by[index].as_ref()?.key_of(entry)??;
            Some(name(index, &key))
        };
        let cell = self.cells.entry([key(0), key(1)]).or_default();
        cell.count += 1;
        cell.tallies.resize(query.measures.len(), Tally::default());
        for (tally, measure) in cell.tallies.iter_mut().zip(&query.measures) {
            tally.add(entry, measure.column());
        }
    }
}
