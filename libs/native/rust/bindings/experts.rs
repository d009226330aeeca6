//! Rows of matrices to rows of others, checked: the index too.

use crate::arrays::{Apart, Input, Output, Several, Span, apart, invalid};
use crate::kernels::experts::gather_rows as gather;
use napi::Result;
use napi_derive::napi;

/// Row i of `to`, counted through all its matrices, becomes row `index[i]` of `from`, or zeros where that is negative.
#[napi(catch_unwind)]
pub fn gather_rows(from: Several, index: Input<i32>, to: Several, width: u32) -> Result<()> {
    let width = width as usize;
    let (from, to) = (from.inputs()?, to.outputs()?);
    let mut inputs: Vec<Span> = from.iter().map(Input::span).collect();
    inputs.push(index.span());
    let outputs: Vec<Span> = to.iter().map(Output::span).collect();
    let apart = apart(&inputs, &outputs)?;
    let rows_of = |name: &str, lengths: Vec<usize>| {
        let mut rows = 0;
        for length in lengths {
            if length.checked_rem(width).unwrap_or(length) != 0 {
                return Err(invalid(format!("{name}: {length} elements, expected rows of {width}")));
            }
            rows += length.checked_div(width).unwrap_or(0);
        }
        Ok(rows)
    };
    let rows = rows_of("from", from.iter().map(Input::len).collect())?;
    let wanted = rows_of("to", to.iter().map(Output::len).collect())?;
    if width == 0 {
        return Ok(());
    }
    let index = index.read(&apart, "index", wanted)?;
    if let Some(&row) = index.iter().find(|&&row| row >= 0 && row as usize >= rows) {
        return Err(invalid(format!("index {row}: expected below {rows}")));
    }
    let from = read_all(&from, &apart)?;
    let mut targets = Vec::with_capacity(to.len());
    for matrix in to {
        let length = matrix.len();
        targets.push(matrix.write(&apart, "to", length)?);
    }
    gather(&from, index, &mut targets, width);
    Ok(())
}

fn read_all<'a>(arrays: &[Input<'a, f32>], apart: &Apart) -> Result<Vec<&'a [f32]>> {
    arrays.iter().map(|array| array.read(apart, "from", array.len())).collect()
}
