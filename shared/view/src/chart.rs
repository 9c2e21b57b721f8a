//! Charts and numbers: objects counted and added up, exactly, as far as one answer reads.

use std::collections::{BTreeMap, BTreeSet};

use base::{Error, Result, text::Slug};
use records::{
    object_type::{Field, Value},
    objects::Objects,
};
use schemars::JsonSchema;
use search::{CellKey, Column, Cube, CubeQuery, Filter, Function, Measure, Tally};
use serde::Serialize;

use crate::{
    bucket::zone,
    definition::{ChartSeries, ChartSettings, StatSettings, ViewKind},
    group::{option_keys, value_of},
    lens::Lens,
    limits::PLACES_MAX,
    query::DataQuery,
};

/// What a chart or a number shows.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ChartData {
    /// A chart.
    Chart(Chart),
    /// A number.
    Stat(Stat),
}

/// What a chart shows.
#[derive(Serialize, JsonSchema)]
pub struct Chart {
    /// What stands along it: values, or days, weeks (by their Monday), months, quarters or years; null for none.
    #[schemars(length(max = PLACES_MAX))]
    x: Vec<Option<String>>,
    /// What is told of each of these.
    series: Vec<SeriesAnswer>,
    /// Whether all objects are in it. It reads to 10,000.
    pub(crate) complete: bool,
}

/// A series of a chart.
#[derive(Serialize, JsonSchema)]
struct SeriesAnswer {
    /// What it is called: as the view says, or its function and field.
    label: String,
    /// The value by which the series was taken apart, if it was; null for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    split: Option<Option<String>>,
    /// A value for each place along the chart; null where there is none.
    values: Vec<Option<Value>>,
}

/// A single number.
#[derive(Serialize, JsonSchema)]
pub struct Stat {
    /// The number; null if there are no values.
    value: Option<Value>,
    /// Whether all objects are in it. It reads to 10,000.
    pub(crate) complete: bool,
}

/// A column of a chart, with its field if it is one.
struct Axis<'a> {
    column: Column,
    field: Option<&'a Field>,
    is_bucketed: bool,
}

impl DataQuery {
    /// What a chart or a number shows of what is asked for.
    ///
    /// # Errors
    /// 404 when the view is neither, 422 for what the caller cannot name.
    pub async fn run(&self, lens: &Lens, objects: &Objects) -> Result<ChartData> {
        let raw = self.conditions.raw(None, None, None)?;
        let filter = lens.filter(raw)?;
        let body = &lens.view.body;
        match (body.kind, &body.chart, &body.stat) {
            (ViewKind::Chart, Some(chart), _) => {
                chart.part.run(lens, objects, filter).await.map(ChartData::Chart)
            }
            (ViewKind::Stat, _, Some(stat)) => {
                stat.part.run(lens, objects, filter).await.map(ChartData::Stat)
            }
            _ => Err(Error::not_found("chart: the view is of another kind")),
        }
    }
}

impl StatSettings {
    async fn run(&self, lens: &Lens, objects: &Objects, filter: Option<Filter>) -> Result<Stat> {
        let measure = measure(lens, self.r#fn, self.field.as_ref().map(Slug::as_str))?;
        let query = CubeQuery { filter, by: [None, None], measures: vec![measure.clone()] };
        let mut cube = query.run(objects, &lens.collection, |_, key| key.to_owned()).await?;
        let cell = cube.cells.remove(&[None, None]).unwrap_or_default();
        let value = measure.result(&cell.tallies.into_iter().next().unwrap_or_default());
        Ok(Stat { value, complete: cube.complete })
    }
}

impl ChartSettings {
    async fn run(&self, lens: &Lens, objects: &Objects, filter: Option<Filter>) -> Result<Chart> {
        let x = self.x.as_ref().map(|x| axis(lens, x.field.as_str(), x.bucket.is_some())).transpose()?;
        let split = self.split.as_ref().map(|split| axis(lens, split.as_str(), false)).transpose()?;
        let field_of =
            |series: &ChartSeries| measure(lens, series.r#fn, series.field.as_ref().map(Slug::as_str));
        let measures = self.series.iter().map(field_of).collect::<Result<Vec<_>>>()?;
        let by = [&x, &split].map(|axis| axis.as_ref().map(|axis| axis.column.clone()));
        let zone = zone(self.x.as_ref().and_then(|x| x.timezone.as_deref()));
        let bucket = self.x.as_ref().and_then(|x| x.bucket);
        let name = |index: usize, key: &str| match bucket.filter(|_| index == 0) {
            Some(bucket) => bucket.name(&key.to_uppercase(), &zone).unwrap_or_else(|| key.to_owned()),
            None => key.to_owned(),
        };
        let query = CubeQuery { filter, by, measures: measures.clone() };
        let cube = query.run(objects, &lens.collection, name).await?;
        let (mut places, splits) = (keys(&cube, 0, x.as_ref()), keys(&cube, 1, split.as_ref()));
        if let Some(top) = self.top {
            places = top_places(&cube, &measures, places, usize::from(top));
        }
        let complete = cube.complete && places.len() <= PLACES_MAX;
        places.truncate(PLACES_MAX);
        Ok(Chart {
            series: self.answers(&cube, &measures, &places, (&splits, split.as_ref())),
            x: places.iter().map(|key| told(x.as_ref(), key.as_deref())).collect(),
            complete,
        })
    }

    fn answers(
        &self,
        cube: &Cube,
        measures: &[Measure],
        places: &[Option<String>],
        (splits, axis): (&[Option<String>], Option<&Axis<'_>>),
    ) -> Vec<SeriesAnswer> {
        let mut answers = Vec::new();
        for (index, (series, measure)) in self.series.iter().zip(measures).enumerate() {
            let label = series.label.clone().unwrap_or_else(|| called(series.r#fn, series.field.as_ref()));
            for split in splits {
                let value = |place: &Option<String>| {
                    measure.result(&tally(cube, &[place.clone(), split.clone()], index))
                };
                answers.push(SeriesAnswer {
                    label: label.clone(),
                    split: axis.map(|axis| told(Some(axis), split.as_deref())),
                    values: places.iter().map(value).collect(),
                });
            }
        }
        answers
    }
}

/// The places at which the first series is greatest, over all that it is taken apart by, in their order.
fn top_places(
    cube: &Cube,
    measures: &[Measure],
    places: Vec<Option<String>>,
    top: usize,
) -> Vec<Option<String>> {
    let Some(first) = measures.first() else { return places };
    let mut totals: BTreeMap<&Option<String>, Tally> = BTreeMap::new();
    for ([place, _], cell) in &cube.cells {
        if let Some(tally) = cell.tallies.first() {
            totals.entry(place).or_default().merge(tally);
        }
    }
    let mut ranked: Vec<_> = places.iter().collect();
    ranked.sort_by_cached_key(|place| totals.get(place).and_then(|tally| first.order_key(tally)));
    let kept: BTreeSet<_> = ranked.into_iter().rev().take(top).cloned().collect();
    places.into_iter().filter(|place| kept.contains(place)).collect()
}

fn measure(lens: &Lens, function: Function, field: Option<&str>) -> Result<Measure> {
    let measure = Measure::of(lens.own_scope(), function, ("/field", field));
    measure.map_err(|fault| Error::unprocessable(vec![fault]))
}

fn axis<'a>(lens: &'a Lens, name: &str, is_bucketed: bool) -> Result<Axis<'a>> {
    let scope = lens.own_scope();
    let column = scope.column("/x", name).map_err(|fault| Error::unprocessable(vec![fault]))?;
    let field = scope.field(name).filter(|_| matches!(column, Column::Field(..)));
    Ok(Axis { column, field, is_bucketed })
}

/// The keys of an axis in their order: that of the options, then of the values, none last. Without an axis there is one place.
fn keys(cube: &Cube, index: usize, axis: Option<&Axis<'_>>) -> Vec<Option<String>> {
    let Some(axis) = axis else { return vec![None] };
    let options = axis.field.map(option_keys).unwrap_or_default();
    let found: BTreeSet<_> = cube.cells.keys().map(|key| key[index].clone()).collect();
    let mut keys: Vec<_> = found.into_iter().collect();
    let place = |key: &str| options.iter().position(|option| option == key).unwrap_or(options.len());
    keys.sort_by_cached_key(|key| (key.is_none(), key.as_deref().map(place), key.clone()));
    keys
}

/// What a key of an axis stands for.
fn told(axis: Option<&Axis<'_>>, key: Option<&str>) -> Option<String> {
    let (axis, key) = (axis?, key?);
    Some(match axis.field {
        _ if axis.is_bucketed => key.to_owned(),
        Some(field) => value_of(field, key),
        None => key.to_owned(),
    })
}

fn tally(cube: &Cube, key: &CellKey, index: usize) -> Tally {
    cube.cells.get(key).and_then(|cell| cell.tallies.get(index).cloned()).unwrap_or_default()
}

fn called(function: Function, field: Option<&Slug>) -> String {
    match field {
        Some(field) => format!("{}:{field}", function.name()),
        None => function.name().to_owned(),
    }
}
