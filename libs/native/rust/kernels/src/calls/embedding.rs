//! Embedding lookup.

use super::arguments::*;
use crate::kernels::embedding::{backward, first_outside, forward};

/// Returns the index of the first id out of range, without writing anything; otherwise -1.
pub fn embedding_forward(
    ids: Input<i32>,
    table: Input<f32>,
    places: Option<Input<f32>>,
    y: Output<f32>,
    tokens: u32,
    rows: u32,
    period: u32,
    width: u32,
) -> Result<f64> {
    let disjoint = disjoint(&[&ids, &table, &places], &[&y])?;
    let ids = ids.read(&disjoint, "ids", tokens as usize)?;
    let table = table.read(&disjoint, "table", size(&[rows, width])?)?;
    let places = match places {
        Some(_) if period == 0 && tokens > 0 => return Err(no_period()),
        Some(places) => Some(places.read(&disjoint, "places", size(&[period, width])?)?),
        None => None,
    };
    let y = y.write(&disjoint, "y", size(&[tokens, width])?)?;
    if let Some(place) = first_outside(ids, rows as usize) {
        return Ok(place as f64);
    }
    forward(ids, table, places, y, width as usize);
    Ok(-1.0)
}

pub fn embedding_backward(
    ids: Input<i32>,
    dy: Input<f32>,
    d_table: Output<f32>,
    d_places: Option<Output<f32>>,
    tokens: u32,
    rows: u32,
    period: u32,
    width: u32,
) -> Result<()> {
    let disjoint = disjoint(&[&ids, &dy], &[&d_table, &d_places])?;
    let ids = ids.read(&disjoint, "ids", tokens as usize)?;
    let dy = dy.read(&disjoint, "dy", size(&[tokens, width])?)?;
    let d_table = d_table.write(&disjoint, "dTable", size(&[rows, width])?)?;
    let d_places = match d_places {
        Some(_) if period == 0 => return Err(no_period()),
        Some(places) => Some(places.write(&disjoint, "dPlaces", size(&[period, width])?)?),
        None => None,
    };
    if let Some(place) = first_outside(ids, rows as usize) {
        return Err(invalid(format!("id {} at {place}: expected 0 to below {rows}", ids[place])));
    }
    backward(ids, dy, d_table, d_places, width as usize);
    Ok(())
}

fn no_period() -> Error {
    invalid("period 0: expected at least 1")
}
