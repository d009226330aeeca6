//! Elementwise operations. Functions are indices in the table of their types.

use super::arguments::*;
use crate::kernels::elementwise::*;

/// y [sizes] = f(a, b). Operand a varies along the dimensions whose bit is set in a_varies and is repeated along the others; b
/// likewise.
pub fn binary(
    a: NumbersInput,
    b: NumbersInput,
    y: NumbersOutput,
    sizes: Input<i32>,
    operation: u32,
    a_varies: u32,
    b_varies: u32,
) -> Result<()> {
    use TypedInput as In;
    use TypedOutput as Out;
    let disjoint = disjoint(&[&a, &b, &sizes], &[&y])?;
    let sizes = super::arguments::sizes(&sizes, &disjoint, "sizes")?;
    let all = (1u64 << sizes.len()) - 1;
    if u64::from(a_varies | b_varies) & !all != 0 {
        return Err(invalid(format!("dimensions {a_varies:b} and {b_varies:b}: expected at most {all:b}")));
    }
    product(&sizes.iter().map(|&size| size.max(1)).collect::<Vec<_>>())?;
    let shape = Broadcast::new(&sizes, a_varies, b_varies);
    macro_rules! apply {
        ($table:ty, $a:ident, $b:ident, $y:ident) => {{
            let operation = one_of(<$table>::ALL, operation, "operation")?;
            let a = $a.read(&disjoint, "a", shape.length(0))?;
            let b = $b.read(&disjoint, "b", shape.length(1))?;
            operation.apply(a, b, $y.write(&disjoint, "y", shape.result_length())?, &shape);
            Ok(())
        }};
    }
    match (a.typed()?, b.typed()?, y.typed()?) {
        (In::Floats(a), In::Floats(b), Out::Floats(y)) => apply!(FloatOperation, a, b, y),
        (In::Floats(a), In::Floats(b), Out::Ints(y)) => apply!(FloatRounding, a, b, y),
        (In::Floats(a), In::Floats(b), Out::Bools(y)) => apply!(FloatPredicate, a, b, y),
        (In::Ints(a), In::Ints(b), Out::Ints(y)) => apply!(IntOperation, a, b, y),
        (In::Ints(a), In::Ints(b), Out::Bools(y)) => apply!(IntPredicate, a, b, y),
        (In::Bools(a), In::Bools(b), Out::Bools(y)) => apply!(BoolPredicate, a, b, y),
        _ => Err(types_differ()),
    }
}

/// y = f(x), with the parameters p and q of some functions.
pub fn unary(x: NumbersInput, y: NumbersOutput, operation: u32, p: f64, q: f64) -> Result<()> {
    use TypedInput as In;
    use TypedOutput as Out;
    let disjoint = disjoint(&[&x], &[&y])?;
    macro_rules! apply {
        ($table:ty, $x:ident, $y:ident) => {{
            let operation = one_of(<$table>::ALL, operation, "operation")?;
            let length = $x.len()?;
            let x = $x.read(&disjoint, "x", length)?;
            operation.apply(x, $y.write(&disjoint, "y", length)?, [p, q]);
            Ok(())
        }};
    }
    match (x.typed()?, y.typed()?) {
        (In::Floats(x), Out::Floats(y)) => apply!(FloatFunction, x, y),
        (In::Floats(x), Out::Ints(y)) => apply!(FloatToInt, x, y),
        (In::Floats(x), Out::Bools(y)) => apply!(FloatTest, x, y),
        (In::Ints(x), Out::Floats(y)) => apply!(IntToFloat, x, y),
        (In::Ints(x), Out::Ints(y)) => apply!(IntFunction, x, y),
        (In::Ints(x), Out::Bools(y)) => apply!(IntTest, x, y),
        (In::Bools(x), Out::Floats(y)) => apply!(BoolToFloat, x, y),
        (In::Bools(x), Out::Ints(y)) => apply!(BoolToInt, x, y),
        (In::Bools(x), Out::Bools(y)) => apply!(BoolTest, x, y),
    }
}

/// y += x
pub fn accumulate(x: Input<f32>, y: Output<f32>) -> Result<()> {
    let length = x.len()?;
    let disjoint = disjoint(&[&x], &[&y])?;
    crate::kernels::elementwise::accumulate(
        x.read(&disjoint, "x", length)?,
        y.write(&disjoint, "y", length)?,
    );
    Ok(())
}

/// y = yes where the condition is 1, no elsewhere.
pub fn select(condition: Input<u8>, yes: NumbersInput, no: NumbersInput, y: NumbersOutput) -> Result<()> {
    let disjoint = disjoint(&[&condition, &yes, &no], &[&y])?;
    let length = condition.len()?;
    let condition = condition.read(&disjoint, "condition", length)?;
    macro_rules! apply {
        ($yes:ident, $no:ident, $y:ident) => {{
            let yes = $yes.read(&disjoint, "yes", length)?;
            let no = $no.read(&disjoint, "no", length)?;
            crate::kernels::elementwise::select(condition, yes, no, $y.write(&disjoint, "y", length)?);
            Ok(())
        }};
    }
    match (yes.typed()?, no.typed()?, y.typed()?) {
        (TypedInput::Floats(yes), TypedInput::Floats(no), TypedOutput::Floats(y)) => apply!(yes, no, y),
        (TypedInput::Ints(yes), TypedInput::Ints(no), TypedOutput::Ints(y)) => apply!(yes, no, y),
        (TypedInput::Bools(yes), TypedInput::Bools(no), TypedOutput::Bools(y)) => apply!(yes, no, y),
        _ => Err(types_differ()),
    }
}

/// y [indices, depth] = `on` at the index of each row, `off` elsewhere.
pub fn one_hot(indices: Input<i32>, y: NumbersOutput, depth: u32, on: f64, off: f64) -> Result<()> {
    let disjoint = disjoint(&[&indices], &[&y])?;
    let count = indices.len()?;
    let indices = indices.read(&disjoint, "indices", count)?;
    let depth = depth as usize;
    let length = count.checked_mul(depth).ok_or_else(|| invalid("too many rows"))?;
    match y.typed()? {
        TypedOutput::Floats(y) => {
            let y = y.write(&disjoint, "y", length)?;
            crate::kernels::elementwise::one_hot(indices, y, depth, on as f32, off as f32);
        }
        TypedOutput::Ints(y) => {
            let y = y.write(&disjoint, "y", length)?;
            crate::kernels::elementwise::one_hot(indices, y, depth, on as i32, off as i32);
        }
        TypedOutput::Bools(y) => {
            let y = y.write(&disjoint, "y", length)?;
            crate::kernels::elementwise::one_hot(indices, y, depth, on as u8, off as u8);
        }
    }
    Ok(())
}
