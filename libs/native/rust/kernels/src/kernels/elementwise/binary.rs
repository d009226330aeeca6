//! Functions of two elements, of arrays that are broadcast against each other.

use super::{PART, curves};
use crate::buffers::Shared;
use crate::kernel;
use crate::kernels::walk::{RANK, Walk};
use crate::threads::{run, split};

/// Shapes of two operands. Neighboring dimensions along which the same operands vary should be merged.
pub struct Broadcast {
    sizes: Vec<usize>,
    a: Vec<usize>,
    b: Vec<usize>,
    lengths: [usize; 2],
}

impl Broadcast {
    /// Operand a varies along dimension d, or else is repeated, if bit d of `a_varies` is set; so does b. The last dimension
    /// comes last. The product of the sizes is no more than `usize::MAX`, sizes of 0 not counted.
    pub fn new(sizes: &[usize], a_varies: u32, b_varies: u32) -> Self {
        assert!(sizes.len() <= RANK);
        let strides_of = |varies: u32| {
            let mut strides = vec![0; sizes.len()];
            let mut length = 1;
            for d in (0..sizes.len()).rev().filter(|d| varies >> d & 1 == 1) {
                strides[d] = length;
                length *= sizes[d];
            }
            (strides, length)
        };
        let ((a, a_length), (b, b_length)) = (strides_of(a_varies), strides_of(b_varies));
        Self { sizes: sizes.to_vec(), a, b, lengths: [a_length, b_length] }
    }

    /// Number of elements of operand 0 or 1.
    pub fn length(&self, operand: usize) -> usize {
        self.lengths[operand]
    }

    /// Number of elements of the result.
    pub fn result_length(&self) -> usize {
        self.sizes.iter().product()
    }
}

trait Function {
    type Operand: Copy + Send + Sync;
    type Result: Copy + Send + Sync;
    fn at(a: Self::Operand, b: Self::Operand) -> Self::Result;
}

fn each<F: Function>(a: &[F::Operand], b: &[F::Operand], y: &mut [F::Result], shape: &Broadcast) {
    assert_eq!(a.len(), shape.length(0));
    assert_eq!(b.len(), shape.length(1));
    assert_eq!(y.len(), shape.result_length());
    if y.is_empty() {
        return;
    }
    let columns = shape.sizes.last().copied().unwrap_or(1);
    let rows = y.len() / columns;
    // A part has several short rows, or a range of a long one.
    let rows_each = PART.div_ceil(columns).min(rows);
    let cuts = columns.div_ceil(PART);
    let all = Shared::new(y);
    run(rows.div_ceil(rows_each) * cuts, |part, _| {
        let columns = split(columns, cuts, 64, part % cuts);
        let first = part / cuts * rows_each;
        // SAFETY: parts are disjoint and inside y.
        unsafe { some_rows::<F>(a, b, all, shape, (first, (first + rows_each).min(rows)), columns) }
    });
}

kernel! {
    /// The rows and columns in these ranges, which are inside y. Nothing else accesses them.
    unsafe fn some_rows<S; F: Function>(
        a: &[F::Operand],
        b: &[F::Operand],
        y: Shared<F::Result>,
        shape: &Broadcast,
        rows: (usize, usize),
        columns: (usize, usize),
    ) {
        let (from, to) = columns;
        let outer = shape.sizes.len().saturating_sub(1);
        let row_length = shape.sizes.last().copied().unwrap_or(1);
        // An operand of a single element counts as varying along one of size 1.
        let varies = |strides: &[usize]| strides.last() != Some(&0);
        let (a_varies, b_varies) = (varies(&shape.a), varies(&shape.b));
        let mut walk = Walk::new(&shape.sizes[..outer], [&shape.a, &shape.b], [0, 0], rows.0);
        for row in rows.0..rows.1 {
            let y = y.part(row * row_length + from, to - from);
            let [a_at, b_at] = walk.offsets;
            match (a_varies, b_varies) {
                (true, true) => {
                    let (a, b) = (&a[a_at + from..a_at + to], &b[b_at + from..b_at + to]);
                    for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
                        *y = F::at(*a, *b);
                    }
                }
                (true, false) => {
                    let b = b[b_at];
                    for (y, a) in y.iter_mut().zip(&a[a_at + from..a_at + to]) {
                        *y = F::at(*a, b);
                    }
                }
                (false, true) => {
                    let a = a[a_at];
                    for (y, b) in y.iter_mut().zip(&b[b_at + from..b_at + to]) {
                        *y = F::at(a, *b);
                    }
                }
                (false, false) => y.fill(F::at(a[a_at], b[b_at])),
            }
            walk.advance();
        }
    }
}

macro_rules! functions {
    ($(#[$doc:meta])* $name:ident: $operand:ty => $result:ty {
        $($function:ident: |$a:ident, $b:ident| $value:expr;)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($function),*
        }

        impl $name {
            /// All functions; JavaScript uses their indices.
            pub const ALL: &[Self] = &[$(Self::$function),*];

            /// y = f(a, b)
            pub fn apply(self, a: &[$operand], b: &[$operand], y: &mut [$result], shape: &Broadcast) {
                $(
                    struct $function;
                    impl Function for $function {
                        type Operand = $operand;
                        type Result = $result;
                        #[inline(always)]
                        fn at($a: $operand, $b: $operand) -> $result {
                            $value
                        }
                    }
                )*
                match self {
                    $(Self::$function => each::<$function>(a, b, y, shape)),*
                }
            }
        }
    };
}

// Results equal those of JavaScript's operators on float64, rounded to the type of the result.

functions! {
    /// Functions of float32 numbers.
    FloatOperation: f32 => f32 {
        Add: |a, b| a + b;
        Subtract: |a, b| a - b;
        Multiply: |a, b| a * b;
        Divide: |a, b| a / b;
        // NaN if either is, and +0 exceeds -0
        Maximum: |a, b| if a > b || a.is_nan() || (a == b && b.is_sign_negative()) { a } else { b };
        Minimum: |a, b| if a < b || a.is_nan() || (a == b && a.is_sign_negative()) { a } else { b };
        SquaredDifference: |a, b| (a - b) * (a - b);
        Power: |a, b| curves::power(f64::from(a), f64::from(b)) as f32;
        Modulo: |a, b| curves::modulo(f64::from(a), f64::from(b)) as f32;
        ArcTangent2: |a, b| f64::from(a).atan2(f64::from(b)) as f32;
        Prelu: |a, b| if a < 0.0 { a * b } else { a };
        // of dy and y
        EluGradient: |a, b| if b >= 0.0 { a } else { a * (b + 1.0) };
    }
}

functions! {
    /// Functions of int32 numbers, which wrap.
    IntOperation: i32 => i32 {
        Add: |a, b| a.wrapping_add(b);
        Subtract: |a, b| a.wrapping_sub(b);
        Multiply: |a, b| a.wrapping_mul(b);
        // rounded towards 0; 0 if b is 0
        Divide: |a, b| a.checked_div(b).unwrap_or(if b == 0 { 0 } else { a });
        Maximum: |a, b| a.max(b);
        Minimum: |a, b| a.min(b);
        SquaredDifference: |a, b| a.wrapping_sub(b).wrapping_mul(a.wrapping_sub(b));
        Power: |a, b| curves::to_int32(f64::from(a).powf(f64::from(b)));
        Modulo: |a, b| curves::int_modulo(a, b);
        FloorDivide: |a, b| curves::to_int32((f64::from(a) / f64::from(b)).floor());
        BitwiseAnd: |a, b| a & b;
    }
}

functions! {
    /// Functions of float32 numbers to int32.
    FloatRounding: f32 => i32 {
        FloorDivide: |a, b| curves::to_int32((f64::from(a) / f64::from(b)).floor());
    }
}

macro_rules! predicates {
    ($(#[$doc:meta])* $name:ident: $operand:ty { $($more:tt)* }) => {
        functions! {
            $(#[$doc])*
            $name: $operand => u8 {
                Equal: |a, b| u8::from(a == b);
                NotEqual: |a, b| u8::from(a != b);
                Less: |a, b| u8::from(a < b);
                LessEqual: |a, b| u8::from(a <= b);
                Greater: |a, b| u8::from(a > b);
                GreaterEqual: |a, b| u8::from(a >= b);
                $($more)*
            }
        }
    };
}

predicates! {
    /// Predicates of float32 numbers.
    FloatPredicate: f32 {}
}
predicates! {
    /// Predicates of int32 numbers.
    IntPredicate: i32 {}
}
predicates! {
    /// Predicates of bools. `And` and `Or` return an operand, as JavaScript's operators do.
    BoolPredicate: u8 {
        And: |a, b| if a == 0 { a } else { b };
        Or: |a, b| if a == 0 { b } else { a };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::elementwise::curves::tests::same;

    fn numbers(count: usize) -> Vec<f32> {
        let mut numbers: Vec<f32> = (0..count).map(|i| ((i * 7919) % 2003) as f32 / 100.0 - 10.0).collect();
        for (i, odd) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0].into_iter().enumerate() {
            if count > 10 {
                numbers[i * 2 + 1] = odd;
            }
        }
        numbers
    }

    #[test]
    fn broadcasts() {
        let shapes: [&[usize]; 9] = [
            &[],
            &[7],
            &[0, 3],
            &[3, 0],
            &[3, 70],
            &[2, 40_000],
            &[9_000, 5],
            &[3, 2, 33, 4],
            &[4, 1, 3, 2, 3],
        ];
        for sizes in shapes {
            for a_varies in 0..1 << sizes.len() {
                for b_varies in [(1 << sizes.len()) - 1, 0b10101, 0b01010, 1, 0] {
                    let b_varies = b_varies & ((1 << sizes.len()) - 1);
                    let shape = Broadcast::new(sizes, a_varies, b_varies);
                    let a = numbers(shape.length(0));
                    let mut b = numbers(shape.length(1));
                    b.reverse();
                    let mut y = vec![7.0; shape.result_length()];
                    FloatOperation::Subtract.apply(&a, &b, &mut y, &shape);
                    for (i, &y) in y.iter().enumerate() {
                        let (mut rest, mut at) = (i, [0, 0]);
                        for d in (0..sizes.len()).rev() {
                            at[0] += rest % sizes[d] * shape.a[d];
                            at[1] += rest % sizes[d] * shape.b[d];
                            rest /= sizes[d];
                        }
                        assert!(same(y, a[at[0]] - b[at[1]]), "{sizes:?} {a_varies:b} {b_varies:b} {i}");
                    }
                }
            }
        }
    }

    fn float(operation: FloatOperation, a: f32, b: f32) -> f32 {
        let mut y = [0.0];
        operation.apply(&[a], &[b], &mut y, &Broadcast::new(&[], 0, 0));
        y[0]
    }

    #[test]
    fn maximum_and_minimum_follow_javascript() {
        for (a, b) in [(1.0, f32::NAN), (f32::NAN, 1.0), (f32::NAN, f32::NAN)] {
            assert!(float(FloatOperation::Maximum, a, b).is_nan());
            assert!(float(FloatOperation::Minimum, a, b).is_nan());
        }
        for (a, b) in [(0.0, -0.0), (-0.0, 0.0)] {
            assert!(float(FloatOperation::Maximum, a, b).is_sign_positive());
            assert!(float(FloatOperation::Minimum, a, b).is_sign_negative());
        }
        assert_eq!(float(FloatOperation::Maximum, 1.0, 2.0), 2.0);
        assert_eq!(float(FloatOperation::Minimum, -1.0, -2.0), -2.0);
    }

    #[test]
    fn int_operations_wrap() {
        use IntOperation::*;
        let cases = [
            (Add, i32::MAX, 1, i32::MIN),
            (Subtract, i32::MIN, 1, i32::MAX),
            (Multiply, 65_537, 65_537, 131_073),
            (SquaredDifference, i32::MIN, i32::MAX, 1),
            (Divide, -7, 2, -3),
            (Divide, 7, 0, 0),
            (Divide, i32::MIN, -1, i32::MIN),
            (FloorDivide, -7, 2, -4),
            (FloorDivide, 7, 0, 0),
            (FloorDivide, i32::MIN, -1, i32::MIN),
            (Modulo, -7, 3, 2),
            (Modulo, 7, -3, -2),
            (Modulo, -7, -3, -1),
            (Modulo, 7, 0, 0),
            (Modulo, i32::MIN, -1, 0),
            (Power, 3, 4, 81),
            (Power, -2, 31, i32::MIN),
            (Power, 2, -1, 0),
            (Power, 0, -1, 0),
            (BitwiseAnd, 6, 3, 2),
        ];
        for (operation, a, b, expected) in cases {
            let mut y = [0];
            operation.apply(&[a], &[b], &mut y, &Broadcast::new(&[], 0, 0));
            assert_eq!(y[0], expected, "{operation:?} of {a} and {b}");
        }
    }

    #[test]
    fn predicates_of_nan_are_false_except_not_equal() {
        let shape = Broadcast::new(&[3], 1, 1);
        for &predicate in FloatPredicate::ALL {
            let mut y = [9; 3];
            predicate.apply(&[f32::NAN, 1.0, f32::NAN], &[1.0, f32::NAN, f32::NAN], &mut y, &shape);
            assert_eq!(y, [u8::from(predicate == FloatPredicate::NotEqual); 3]);
        }
    }
}
