//! Typed arrays from JavaScript, which kernels read and write in place.
//!
//! An argument becomes a slice after two checks: outputs overlap no other argument (`disjoint`), and the length is the
//! expected one (`read`, `write`). Failures are errors, not panics. The address of an array is taken on first use, when all
//! arguments have been converted: converting another one may run a getter, which could detach the array.

use crate::kernels::walk::RANK;
use napi::bindgen_prelude::{FromNapiValue, TypeName, ValidateNapiValue};
use napi::{Error, Result, Status, ValueType, check_status, sys};
use std::cell::OnceCell;
use std::ffi::c_void;
use std::marker::PhantomData;

/// Element types of typed arrays.
pub trait Element: Copy {
    const KIND: i32;
    const NAME: &'static str;
    /// Whether elements are used as indices. Such arrays must not change between the check of their values and their use,
    /// so memory shared with another thread is refused.
    const IS_INDEX: bool;
}

macro_rules! element {
    ($type:ty, $kind:ident, $name:literal, $is_index:literal) => {
        impl Element for $type {
            const KIND: i32 = sys::TypedarrayType::$kind;
            const NAME: &'static str = $name;
            const IS_INDEX: bool = $is_index;
        }
    };
}

element!(f32, float32_array, "Float32Array", false);
element!(i32, int32_array, "Int32Array", true);
element!(u8, uint8_array, "Uint8Array", true);
element!(f64, float64_array, "Float64Array", true);

/// The address range of an argument, end exclusive.
#[derive(Clone, Copy)]
pub struct Span {
    start: usize,
    end: usize,
}

fn typed_array<T: Element>(env: sys::napi_env, value: sys::napi_value) -> Result<(*mut T, usize)> {
    let mut kind = -1;
    let mut length = 0;
    let mut data = std::ptr::null_mut();
    let mut buffer = std::ptr::null_mut();
    let buffer_out = if T::IS_INDEX { &raw mut buffer } else { std::ptr::null_mut() };
    // SAFETY: env and value are valid during this call; the others point to local variables.
    let status = unsafe {
        sys::napi_get_typedarray_info(
            env,
            value,
            &mut kind,
            &mut length,
            &mut data,
            buffer_out,
            std::ptr::null_mut(),
        )
    };
    check_status!(status, "expected a {}", T::NAME)?;
    if kind != T::KIND {
        return Err(invalid(format!("an array of another type, expected a {}", T::NAME)));
    }
    if T::IS_INDEX {
        let mut is_unshared = false;
        // SAFETY: env and buffer are valid during this call; the other points to a local variable.
        let status = unsafe { sys::napi_is_arraybuffer(env, buffer, &mut is_unshared) };
        check_status!(status)?;
        if !is_unshared {
            return Err(invalid(format!("{} in a SharedArrayBuffer, expected memory of its own", T::NAME)));
        }
    }
    elements_at(data.cast(), length)
}

/// Address and number of elements; nothing is read from an empty array.
fn elements_at<T: Element>(data: *mut T, length: usize) -> Result<(*mut T, usize)> {
    if data.is_null() || length == 0 {
        return Ok((std::ptr::NonNull::dangling().as_ptr(), 0));
    }
    if !data.is_aligned() {
        return Err(invalid(format!("a {} at an unaligned address", T::NAME)));
    }
    Ok((data, length))
}

/// An error about an argument.
pub fn invalid(message: impl Into<String>) -> Error {
    Error::new(Status::InvalidArg, message.into())
}

/// The product of sizes; an error if it is too large for memory.
pub fn size(factors: &[u32]) -> Result<usize> {
    let product = factors.iter().try_fold(1usize, |product, &factor| product.checked_mul(factor as usize));
    match product {
        Some(product) if product <= isize::MAX as usize / 8 => Ok(product),
        _ => Err(invalid(format!("sizes {factors:?}: their product is too large"))),
    }
}

macro_rules! argument {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name<'a, T> {
            env: sys::napi_env,
            value: sys::napi_value,
            memory: OnceCell<(*mut T, usize)>,
            lifetime: PhantomData<&'a T>,
        }

        impl<T: Element> $name<'_, T> {
            /// Address and length.
            fn memory(&self) -> Result<(*mut T, usize)> {
                if let Some(&memory) = self.memory.get() {
                    return Ok(memory);
                }
                let memory = typed_array(self.env, self.value)?;
                Ok(*self.memory.get_or_init(|| memory))
            }

            fn span(&self) -> Result<Span> {
                let (data, length) = self.memory()?;
                let start = data as usize;
                Ok(Span { start, end: start + length * size_of::<T>() })
            }

            pub fn len(&self) -> Result<usize> {
                Ok(self.memory()?.1)
            }
        }

        impl<T> TypeName for $name<'_, T> {
            fn type_name() -> &'static str {
                "TypedArray"
            }
            fn value_type() -> ValueType {
                ValueType::Object
            }
        }

        impl<T> ValidateNapiValue for $name<'_, T> {}

        impl<T: Element> FromNapiValue for $name<'_, T> {
            unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
                Ok(Self { env, value, memory: OnceCell::new(), lifetime: PhantomData })
            }
        }
    };
}

argument! {
    /// An array that a kernel reads.
    Input
}
argument! {
    /// An array that a kernel writes or updates.
    Output
}

macro_rules! numbers {
    ($(#[$doc:meta])* $name:ident, $typed:ident of $array:ident) => {
        $(#[$doc])*
        pub struct $name<'a> {
            env: sys::napi_env,
            value: sys::napi_value,
            memory: OnceCell<(i32, *mut c_void, usize)>,
            lifetime: PhantomData<&'a ()>,
        }

        /// The same by type.
        pub enum $typed<'a> {
            Floats($array<'a, f32>),
            Ints($array<'a, i32>),
            Bools($array<'a, u8>),
        }

        impl<'a> $name<'a> {
            /// Type, address and length.
            fn memory(&self) -> Result<(i32, *mut c_void, usize)> {
                if let Some(&memory) = self.memory.get() {
                    return Ok(memory);
                }
                let memory = any_array(self.env, self.value)?;
                Ok(*self.memory.get_or_init(|| memory))
            }

            pub fn typed(self) -> Result<$typed<'a>> {
                let (kind, data, length) = self.memory()?;
                Ok(match kind {
                    f32::KIND => $typed::Floats(self.array(data, length)?),
                    i32::KIND => $typed::Ints(self.array(data, length)?),
                    _ => $typed::Bools(self.array(data, length)?),
                })
            }

            fn array<T: Element>(&self, data: *mut c_void, length: usize) -> Result<$array<'a, T>> {
                let memory = OnceCell::from(elements_at(data.cast(), length)?);
                Ok($array { env: self.env, value: self.value, memory, lifetime: PhantomData })
            }
        }

        impl TypeName for $name<'_> {
            fn type_name() -> &'static str {
                "TypedArray"
            }
            fn value_type() -> ValueType {
                ValueType::Object
            }
        }

        impl ValidateNapiValue for $name<'_> {}

        impl FromNapiValue for $name<'_> {
            unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
                Ok(Self { env, value, memory: OnceCell::new(), lifetime: PhantomData })
            }
        }

        impl Spans for $name<'_> {
            fn add_to(&self, spans: &mut Vec<Span>) -> Result<()> {
                let (kind, data, length) = self.memory()?;
                let bytes = if kind == u8::KIND { length } else { length * 4 };
                spans.push(Span { start: data as usize, end: data as usize + bytes });
                Ok(())
            }
        }
    };
}

numbers! {
    /// The elements of a tensor that a kernel reads; bools are bytes. They are not used as indices, so their memory may be
    /// shared with another thread.
    NumbersInput, TypedInput of Input
}
numbers! {
    /// The elements of a tensor that a kernel writes.
    NumbersOutput, TypedOutput of Output
}

/// Type, address and length of an array of float32, int32 or uint8 numbers.
fn any_array(env: sys::napi_env, value: sys::napi_value) -> Result<(i32, *mut c_void, usize)> {
    let (mut kind, mut length, mut data) = (-1, 0, std::ptr::null_mut());
    let (buffer, offset) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: env and value are valid during this call; the others point to local variables, or are null: not wanted.
    let status = unsafe {
        sys::napi_get_typedarray_info(env, value, &mut kind, &mut length, &mut data, buffer, offset)
    };
    check_status!(status, "expected a typed array")?;
    if ![f32::KIND, i32::KIND, u8::KIND].contains(&kind) {
        return Err(invalid("expected a Float32Array, an Int32Array or a Uint8Array"));
    }
    Ok((kind, data, length))
}

/// An error about the types of arrays that a function does not have together.
pub fn types_differ() -> Error {
    invalid("arrays of types that this operation does not take together")
}

/// The element of a table with this index.
pub fn one_of<T: Copy>(all: &[T], index: u32, name: &str) -> Result<T> {
    all.get(index as usize)
        .copied()
        .ok_or_else(|| invalid(format!("{name} {index}: expected 0 to {}", all.len() - 1)))
}

/// Sizes of dimensions, at least 0.
pub fn sizes(numbers: &Input<i32>, disjoint: &Disjoint, name: &str) -> Result<Vec<usize>> {
    let rank = numbers.len()?;
    if rank > RANK {
        return Err(invalid(format!("{name}: {rank} dimensions, expected at most {RANK}")));
    }
    let numbers = numbers.read(disjoint, name, rank)?;
    let negative = numbers.iter().find(|&&number| number < 0);
    match negative {
        Some(number) => Err(invalid(format!("{name}: {number}, expected at least 0"))),
        None => Ok(numbers.iter().map(|&number| number as usize).collect()),
    }
}

/// The product of sizes; an error if it is too large for memory.
pub fn product(sizes: &[usize]) -> Result<usize> {
    size(&sizes.iter().map(|&size| size as u32).collect::<Vec<_>>())
}

/// An array of arrays.
pub struct Several {
    env: sys::napi_env,
    values: Vec<sys::napi_value>,
}

impl Several {
    pub fn inputs<T: Element>(&self) -> Result<Vec<Input<'_, T>>> {
        // SAFETY: the values are alive during this call.
        self.values.iter().map(|&value| unsafe { Input::from_napi_value(self.env, value) }).collect()
    }

    pub fn outputs<T: Element>(&self) -> Result<Vec<Output<'_, T>>> {
        // SAFETY: as above.
        self.values.iter().map(|&value| unsafe { Output::from_napi_value(self.env, value) }).collect()
    }
}

impl TypeName for Several {
    fn type_name() -> &'static str {
        "Array"
    }
    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ValidateNapiValue for Several {}

impl FromNapiValue for Several {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let mut length = 0;
        // SAFETY: env and value are valid during this call; the others point to local variables.
        let status = unsafe { sys::napi_get_array_length(env, value, &mut length) };
        check_status!(status, "expected an array of arrays")?;
        let mut values = Vec::new();
        for index in 0..length {
            let mut element = std::ptr::null_mut();
            // SAFETY: as above.
            let status = unsafe { sys::napi_get_element(env, value, index, &mut element) };
            check_status!(status)?;
            let mut is_typed = false;
            // SAFETY: as above.
            let status = unsafe { sys::napi_is_typedarray(env, element, &mut is_typed) };
            check_status!(status)?;
            if !is_typed {
                return Err(invalid(format!("element {index}: expected a typed array")));
            }
            values.push(element);
        }
        Ok(Self { env, values })
    }
}

/// Arguments with memory: arrays, optional arrays and lists of arrays.
pub trait Spans {
    fn add_to(&self, spans: &mut Vec<Span>) -> Result<()>;
}

impl<T: Element> Spans for Input<'_, T> {
    fn add_to(&self, spans: &mut Vec<Span>) -> Result<()> {
        spans.push(self.span()?);
        Ok(())
    }
}

impl<T: Element> Spans for Output<'_, T> {
    fn add_to(&self, spans: &mut Vec<Span>) -> Result<()> {
        spans.push(self.span()?);
        Ok(())
    }
}

impl<A: Spans> Spans for Option<A> {
    fn add_to(&self, spans: &mut Vec<Span>) -> Result<()> {
        self.iter().try_for_each(|array| array.add_to(spans))
    }
}

impl<A: Spans> Spans for Vec<A> {
    fn add_to(&self, spans: &mut Vec<Span>) -> Result<()> {
        self.iter().try_for_each(|array| array.add_to(spans))
    }
}

/// Proof that no output of a call overlaps another argument.
pub struct Disjoint(());

/// Checks that outputs overlap neither one another nor any input. Inputs may share memory.
pub fn disjoint(inputs: &[&dyn Spans], outputs: &[&dyn Spans]) -> Result<Disjoint> {
    let spans = |arguments: &[&dyn Spans]| {
        let mut spans = Vec::with_capacity(8);
        arguments.iter().try_for_each(|argument| argument.add_to(&mut spans))?;
        Ok::<_, Error>(spans)
    };
    let (inputs, outputs) = (spans(inputs)?, spans(outputs)?);
    if outputs.len() * (inputs.len() + outputs.len()) > 512 {
        return many_disjoint(&inputs, &outputs);
    }
    let overlap = |a: &Span, b: &Span| a.start < b.end && b.start < a.end;
    for (i, output) in outputs.iter().enumerate() {
        if inputs.iter().chain(&outputs[i + 1..]).any(|other| overlap(output, other)) {
            return Err(shared());
        }
    }
    Ok(Disjoint(()))
}

/// The same for many arrays, sorted by address.
fn many_disjoint(inputs: &[Span], outputs: &[Span]) -> Result<Disjoint> {
    let mut sorted: Vec<Span> = outputs.iter().filter(|span| span.start < span.end).copied().collect();
    sorted.sort_unstable_by_key(|span| span.start);
    if sorted.windows(2).any(|pair| pair[1].start < pair[0].end) {
        return Err(shared());
    }
    for input in inputs.iter().filter(|span| span.start < span.end) {
        // Outputs are disjoint: only the last one that starts before the input's end can overlap it.
        let before = sorted.partition_point(|output| output.start < input.end);
        if before > 0 && sorted[before - 1].end > input.start {
            return Err(shared());
        }
    }
    Ok(Disjoint(()))
}

fn shared() -> Error {
    invalid("an output array shares memory with another argument")
}

fn expect_length(name: &str, given: usize, expected: usize) -> Result<()> {
    if given == expected {
        return Ok(());
    }
    Err(invalid(format!("{name}: {given} elements, expected {expected}")))
}

impl<'a, T: Element> Input<'a, T> {
    /// The elements, `length` of them.
    pub fn read(&self, _apart: &Disjoint, name: &str, length: usize) -> Result<&'a [T]> {
        let (data, given) = self.memory()?;
        expect_length(name, given, length)?;
        // SAFETY: the array has `length` elements, which live as long as the call; all arguments are converted (there is a
        // `Disjoint`), so no JavaScript runs until it ends; no output overlaps them.
        Ok(unsafe { std::slice::from_raw_parts(data, length) })
    }

    /// Number of bytes to the next multiple of `alignment`.
    pub fn bytes_to_alignment(&self, alignment: usize) -> Result<usize> {
        Ok((self.memory()?.0 as usize).wrapping_neg() % alignment)
    }
}

impl<'a, T: Element> Output<'a, T> {
    /// The elements to write, `length` of them.
    #[allow(clippy::mut_from_ref)] // `self` is consumed, and no other argument overlaps it
    pub fn write(self, _apart: &Disjoint, name: &str, length: usize) -> Result<&'a mut [T]> {
        let (data, given) = self.memory()?;
        expect_length(name, given, length)?;
        // SAFETY: as in `read`; `self` is consumed, and no other argument overlaps it.
        Ok(unsafe { std::slice::from_raw_parts_mut(data, length) })
    }
}

/// `read` of an optional argument.
pub trait ReadOptional<'a, T> {
    fn read(self, disjoint: &Disjoint, name: &str, length: usize) -> Result<Option<&'a [T]>>;
}

impl<'a, T: Element> ReadOptional<'a, T> for Option<Input<'a, T>> {
    fn read(self, disjoint: &Disjoint, name: &str, length: usize) -> Result<Option<&'a [T]>> {
        self.map(|array| array.read(disjoint, name, length)).transpose()
    }
}

/// `write` of an optional argument.
pub trait WriteOptional<'a, T> {
    fn write(self, disjoint: &Disjoint, name: &str, length: usize) -> Result<Option<&'a mut [T]>>;
}

impl<'a, T: Element> WriteOptional<'a, T> for Option<Output<'a, T>> {
    fn write(self, disjoint: &Disjoint, name: &str, length: usize) -> Result<Option<&'a mut [T]>> {
        self.map(|array| array.write(disjoint, name, length)).transpose()
    }
}
