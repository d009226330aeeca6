//! Arguments from JavaScript: typed arrays whose memory kernels read and write where it is.
//!
//! An argument is only an address and a length until two things are checked: that outputs are apart from everything
//! else (`apart`), and that the length is the one the sizes ask for (`read`, `write`). Both are errors, not panics.

use napi::bindgen_prelude::{FromNapiValue, TypeName, ValidateNapiValue};
use napi::{Error, Result, Status, ValueType, check_status, sys};
use std::marker::PhantomData;

/// What an element of a typed array may be.
pub trait Element: Copy {
    const KIND: i32;
    const NAME: &'static str;
}

macro_rules! element {
    ($type:ty, $kind:ident, $name:literal) => {
        impl Element for $type {
            const KIND: i32 = sys::TypedarrayType::$kind;
            const NAME: &'static str = $name;
        }
    };
}

element!(f32, float32_array, "Float32Array");
element!(i32, int32_array, "Int32Array");
element!(u8, uint8_array, "Uint8Array");
element!(f64, float64_array, "Float64Array");

/// Where an argument lies: first address and the one behind it.
#[derive(Clone, Copy)]
pub struct Span {
    start: usize,
    end: usize,
}

fn typed_array<T: Element>(env: sys::napi_env, value: sys::napi_value) -> Result<(*mut T, usize)> {
    let mut kind = -1;
    let mut length = 0;
    let mut data = std::ptr::null_mut();
    // SAFETY: env and value come from Node for this call, the others are places of this function.
    let status = unsafe {
        sys::napi_get_typedarray_info(
            env,
            value,
            &mut kind,
            &mut length,
            &mut data,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        )
    };
    check_status!(status, "expected a {}", T::NAME)?;
    if kind != T::KIND {
        return Err(invalid(format!("an array of another type, expected a {}", T::NAME)));
    }
    let data = data.cast::<T>();
    if data.is_null() || length == 0 {
        return Ok((std::ptr::NonNull::dangling().as_ptr(), 0));
    }
    if !data.is_aligned() {
        return Err(invalid(format!("a {} at an odd address", T::NAME)));
    }
    Ok((data, length))
}

/// An error about an argument.
pub fn invalid(message: impl Into<String>) -> Error {
    Error::new(Status::InvalidArg, message.into())
}

/// The product of sizes; an error where it is more than memory can hold.
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
            data: *mut T,
            length: usize,
            lifetime: PhantomData<&'a T>,
        }

        impl<T> $name<'_, T> {
            pub fn span(&self) -> Span {
                let start = self.data as usize;
                Span { start, end: start + self.length * size_of::<T>() }
            }

            pub fn len(&self) -> usize {
                self.length
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
                let (data, length) = typed_array(env, value)?;
                Ok(Self { data, length, lifetime: PhantomData })
            }
        }
    };
}

argument! {
    /// An array that a kernel reads.
    Input
}
argument! {
    /// An array that a kernel writes, or changes in place.
    Output
}

/// An array of arrays. Its elements are looked at only when `inputs` or `outputs` is called, after all arguments have
/// been taken: taking elements may run JavaScript, which could take memory away from arrays looked at before.
pub struct Several {
    env: sys::napi_env,
    values: Vec<sys::napi_value>,
}

impl Several {
    pub fn inputs<T: Element>(&self) -> Result<Vec<Input<'_, T>>> {
        // SAFETY: the values are Node's, and alive during the call.
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
        // SAFETY: env and value come from Node for this call, the other places here are of this function.
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

/// Proof that no output of a call overlaps another argument.
pub struct Apart(());

/// Checks that outputs overlap neither one another nor any input. Inputs may share memory.
pub fn apart(inputs: &[Span], outputs: &[Span]) -> Result<Apart> {
    if outputs.len() * (inputs.len() + outputs.len()) > 512 {
        return many_apart(inputs, outputs);
    }
    let overlap = |a: &Span, b: &Span| a.start < b.end && b.start < a.end;
    for (i, output) in outputs.iter().enumerate() {
        let others = inputs.iter().chain(&outputs[i + 1..]);
        for other in others {
            if overlap(output, other) {
                return Err(shared());
            }
        }
    }
    Ok(Apart(()))
}

/// The same, in order of addresses: for arrays of arrays.
fn many_apart(inputs: &[Span], outputs: &[Span]) -> Result<Apart> {
    let mut sorted: Vec<Span> = outputs.iter().filter(|span| span.start < span.end).copied().collect();
    sorted.sort_unstable_by_key(|span| span.start);
    if sorted.windows(2).any(|pair| pair[1].start < pair[0].end) {
        return Err(shared());
    }
    for input in inputs.iter().filter(|span| span.start < span.end) {
        // Outputs are apart, so only the last that starts before the input's end can reach into it.
        let before = sorted.partition_point(|output| output.start < input.end);
        if before > 0 && sorted[before - 1].end > input.start {
            return Err(shared());
        }
    }
    Ok(Apart(()))
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

impl<'a, T> Input<'a, T> {
    /// The numbers, `length` of them.
    pub fn read(&self, _apart: &Apart, name: &str, length: usize) -> Result<&'a [T]> {
        expect_length(name, self.length, length)?;
        // SAFETY: Node says that so many elements lie there; they live as long as the call, during which no
        // JavaScript runs; nobody writes them, as `apart` has checked.
        Ok(unsafe { std::slice::from_raw_parts(self.data, self.length) })
    }

    /// Bytes up to the next multiple of `alignment`.
    pub fn bytes_to_alignment(&self, alignment: usize) -> usize {
        (self.data as usize).wrapping_neg() % alignment
    }
}

impl<'a, T> Output<'a, T> {
    /// The place for `length` numbers.
    #[allow(clippy::mut_from_ref)] // an argument is taken once; `apart` has checked that no other is the same memory
    pub fn write(self, _apart: &Apart, name: &str, length: usize) -> Result<&'a mut [T]> {
        expect_length(name, self.length, length)?;
        // SAFETY: as in `read`; `self` is used up, and `apart` has checked that no other argument is here.
        Ok(unsafe { std::slice::from_raw_parts_mut(self.data, self.length) })
    }
}
