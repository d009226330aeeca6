//! Rows of tables, checked: ids too.

use crate::arrays::{Input, Output, apart, invalid, size};
use crate::kernels::embedding::{backward, first_outside, forward};
use napi::Result;
use napi_derive::napi;

/// Gives the place of the first id that is no row of the table, and has then written nothing; else -1.
#[napi(catch_unwind)]
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
    let mut inputs = vec![ids.span(), table.span()];
    inputs.extend(places.iter().map(Input::span));
    let apart = apart(&inputs, &[y.span()])?;
    let ids = ids.read(&apart, "ids", tokens as usize)?;
    let table = table.read(&apart, "table", size(&[rows, width])?)?;
    let places = match places {
        Some(_) if period == 0 && tokens > 0 => return Err(no_period()),
        Some(places) => Some(places.read(&apart, "places", size(&[period, width])?)?),
        None => None,
    };
    let y = y.write(&apart, "y", size(&[tokens, width])?)?;
    if let Some(place) = first_outside(ids, rows as usize) {
        return Ok(place as f64);
    }
    forward(ids, table, places, y, width as usize);
    Ok(-1.0)
}

#[napi(catch_unwind)]
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
    let mut outputs = vec![d_table.span()];
    outputs.extend(d_places.iter().map(Output::span));
    let apart = apart(&[ids.span(), dy.span()], &outputs)?;
    let ids = ids.read(&apart, "ids", tokens as usize)?;
    let dy = dy.read(&apart, "dy", size(&[tokens, width])?)?;
    let d_table = d_table.write(&apart, "dTable", size(&[rows, width])?)?;
    let d_places = match d_places {
        Some(_) if period == 0 => return Err(no_period()),
        Some(places) => Some(places.write(&apart, "dPlaces", size(&[period, width])?)?),
        None => None,
    };
    if let Some(place) = first_outside(ids, rows as usize) {
        return Err(invalid(format!("id {} at {place}: expected 0 to below {rows}", ids[place])));
    }
    backward(ids, dy, d_table, d_places, width as usize);
    Ok(())
}

fn no_period() -> napi::Error {
    invalid("period 0: expected at least one row of places")
}
