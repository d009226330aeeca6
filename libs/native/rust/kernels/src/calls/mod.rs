//! The functions that JavaScript calls: each checks its arguments and calls a kernel. The bindings to JavaScript reach them
//! by their index in [`CALLS`].

pub mod arguments;

mod activations;
mod attention;
mod cached_attention;
mod cross_entropy;
mod dropout;
mod elementwise;
mod embedding;
mod experts;
mod layout;
mod linear;
mod machine;
mod matmul;
mod norms;
mod optimizers;
mod recurrent;
mod reduce;

use arguments::{Argument, Arguments, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A function that JavaScript calls.
pub struct Call {
    pub name: &'static str,
    run: fn(&mut dyn Arguments) -> Result<Option<f64>>,
}

impl Call {
    /// Takes the arguments and runs the kernel. An error or a panic is its message.
    pub fn run(&self, arguments: &mut dyn Arguments) -> std::result::Result<Option<f64>, String> {
        match catch_unwind(AssertUnwindSafe(|| (self.run)(arguments))) {
            Ok(result) => result.map_err(|error| error.to_string()),
            Err(panic) => Err(match panic.downcast::<String>() {
                Ok(message) => *message,
                Err(panic) => {
                    panic.downcast::<&str>().map_or("panic".to_owned(), |message| (*message).to_owned())
                }
            }),
        }
    }
}

/// Results of calls.
trait Outcome {
    fn number(self) -> Option<f64>;
}

impl Outcome for () {
    fn number(self) -> Option<f64> {
        None
    }
}

impl Outcome for f64 {
    fn number(self) -> Option<f64> {
        Some(self)
    }
}

impl Outcome for bool {
    fn number(self) -> Option<f64> {
        Some(f64::from(u8::from(self)))
    }
}

/// A function of arguments `A`.
trait Callable<A> {
    fn call(self, arguments: &mut dyn Arguments) -> Result<Option<f64>>;
}

macro_rules! callable {
    ($($argument:ident)*) => {
        impl<F, R, $($argument),*> Callable<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> Result<R>,
            R: Outcome,
            $($argument: Argument),*
        {
            #[allow(non_snake_case, unused_assignments, unused_mut, unused_variables)]
            fn call(self, arguments: &mut dyn Arguments) -> Result<Option<f64>> {
                let mut index = 0;
                $(
                    let $argument = $argument::take(arguments, index)?;
                    index += 1;
                )*
                Ok(self($($argument),*)?.number())
            }
        }
    };
}

/// `callable!` for up to this many arguments.
macro_rules! callables {
    () => {
        callable!();
    };
    ($first:ident $($rest:ident)*) => {
        callable!($first $($rest)*);
        callables!($($rest)*);
    };
}

callables!(A B C D E G H I J K L M N O P Q S T U V W X Y Z);

macro_rules! calls {
    ($($module:ident::{$($name:ident),* $(,)?},)*) => {
        /// All functions, in a fixed order.
        pub static CALLS: &[Call] = &[$($(
            Call {
                name: stringify!($name),
                run: |arguments| Callable::call($module::$name, arguments),
            },
        )*)*];
    };
}

calls! {
    activations::{activation_forward, activation_backward},
    attention::{attention_forward, attention_packed_forward, attention_backward, attention_packed_backward},
    cached_attention::{cached_attention},
    cross_entropy::{cross_entropy_forward, cross_entropy_backward, linear_cross_entropy},
    dropout::{dropout, residual_add},
    elementwise::{binary, unary, accumulate, select, one_hot},
    embedding::{embedding_forward, embedding_backward},
    experts::{gather_rows},
    layout::{transpose, copy, gather},
    linear::{linear_forward, linear_forward16, linear_backward},
    machine::{simd_level, has_bf16, default_threads, set_threads, alignment_of},
    matmul::{matmul},
    norms::{layer_norm_forward, rms_norm_forward, layer_norm_backward, rms_norm_backward},
    optimizers::{sum_of_squares, adam_step, sgd_step},
    recurrent::{recurrent_forward, recurrent_backward},
    reduce::{reduce, cumulate, arg_extremum, softmax_rows},
}
