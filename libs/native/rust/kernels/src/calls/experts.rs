//! Gather of rows for experts.

use super::arguments::*;
use crate::kernels::experts::gather_rows as gather;

/// Copies row `index[i]` of the concatenated `from` to row i of the concatenated `to`; zeros for a negative index.
pub fn gather_rows(from: Inputs, index: Input<i32>, to: Outputs, width: u32) -> Result<()> {
    let width = width as usize;
    let (from, to) = (from.arrays(), to.arrays());
    let disjoint = disjoint(&[&from, &index], &[&to])?;
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
    let rows = rows_of("from", from.iter().map(Input::len).collect::<Result<_>>()?)?;
    let wanted = rows_of("to", to.iter().map(Output::len).collect::<Result<_>>()?)?;
    if width == 0 {
        return Ok(());
    }
    let index = index.read(&disjoint, "index", wanted)?;
    if let Some(&row) = index.iter().find(|&&row| row >= 0 && row as usize >= rows) {
        return Err(invalid(format!("index {row}: expected below {rows}")));
    }
    let from: Result<Vec<_>> = from.iter().map(|array| array.read(&disjoint, "from", array.len()?)).collect();
    let mut targets = Vec::with_capacity(to.len());
    for matrix in to {
        let length = matrix.len()?;
        targets.push(matrix.write(&disjoint, "to", length)?);
    }
    gather(&from?, index, &mut targets, width);
    Ok(())
}
