//! Arguments of calls, on any binding to JavaScript: numbers, and arrays that kernels read and write in place.
//!
//! An array becomes a slice after two checks: outputs overlap no other argument (`disjoint`), and the length is the
//! expected one (`read`, `write`). Failures are errors, not panics. The address of an array is taken on first use, when all
//! arguments have been taken: taking another one may run JavaScript, which could detach the array.

use crate::kernels::walk::RANK;
use std::cell::OnceCell;
use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;

/// An error about the arguments of a call.
#[derive(Debug)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub type Result<T> = std::result::Result<T, Error>;

/// An error about an argument.
pub fn invalid(message: impl Into<String>) -> Error {
    Error(message.into())
}

/// The product of sizes; an error if it is too large for memory.
pub fn size(factors: &[u32]) -> Result<usize> {
    let product = factors.iter().try_fold(1usize, |product, &factor| product.checked_mul(factor as usize));
    match product {
        Some(product) if product <= isize::MAX as usize / 8 => Ok(product),
        _ => Err(invalid(format!("sizes {factors:?}: their product is too large"))),
    }
}

/// Types of the elements of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Float32,
    Int32,
    Uint8,
    Float64,
}

impl Kind {
    /// The name of the array's class in JavaScript.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Float32 => "Float32Array",
            Kind::Int32 => "Int32Array",
            Kind::Uint8 => "Uint8Array",
            Kind::Float64 => "Float64Array",
        }
    }
}

/// The memory of an array.
#[derive(Clone, Copy)]
pub struct Memory {
    pub kind: Kind,
    pub data: *mut c_void,
    /// Number of elements.
    pub length: usize,
    /// Whether other JavaScript threads can change it during a call.
    pub is_shared: bool,
}

/// An array of the binding, whose memory is looked up by `find`.
#[derive(Clone, Copy)]
pub struct Handle {
    pub context: *mut c_void,
    pub value: *mut c_void,
    /// # Safety
    /// The two addresses are those of the handle, during the call that it belongs to.
    pub find: unsafe fn(context: *mut c_void, value: *mut c_void) -> Result<Memory>,
}

impl Handle {
    fn memory(&self) -> Result<Memory> {
        // SAFETY: handles exist only during the call.
        unsafe { (self.find)(self.context, self.value) }
    }
}

/// The arguments of a call by index, on one binding.
pub trait Arguments {
    fn number(&mut self, index: usize) -> Result<f64>;
    fn boolean(&mut self, index: usize) -> Result<bool>;
    /// None if it is not given.
    fn array(&mut self, index: usize) -> Result<Option<Handle>>;
    fn list(&mut self, index: usize) -> Result<Vec<Handle>>;
}

/// Types of arguments.
pub trait Argument: Sized {
    fn take(arguments: &mut dyn Arguments, index: usize) -> Result<Self>;
}

impl Argument for f64 {
    fn take(arguments: &mut dyn Arguments, index: usize) -> Result<Self> {
        arguments.number(index)
    }
}

impl Argument for bool {
    fn take(arguments: &mut dyn Arguments, index: usize) -> Result<Self> {
        arguments.boolean(index)
    }
}

macro_rules! integer {
    ($type:ty) => {
        impl Argument for $type {
            fn take(arguments: &mut dyn Arguments, index: usize) -> Result<Self> {
                let number = arguments.number(index)?;
                let integer = number as $type;
                if f64::from(integer) == number {
                    return Ok(integer);
                }
                let (least, largest) = (<$type>::MIN, <$type>::MAX);
                Err(invalid(format!(
                    "argument {index}: {number}, expected an integer from {least} to {largest}"
                )))
            }
        }
    };
}

integer!(u32);
integer!(i32);

/// Element types of arrays.
pub trait Element: Copy {
    const KIND: Kind;
    /// Whether elements are used as indices. Such arrays must not change between the check of their values and their use,
    /// so memory shared with another thread is refused.
    const IS_INDEX: bool;
}

macro_rules! element {
    ($type:ty, $kind:ident, $is_index:literal) => {
        impl Element for $type {
            const KIND: Kind = Kind::$kind;
            const IS_INDEX: bool = $is_index;
        }
    };
}

element!(f32, Float32, false);
element!(i32, Int32, true);
element!(u8, Uint8, true);
element!(f64, Float64, true);

/// The address range of an argument, end exclusive.
#[derive(Clone, Copy)]
pub struct Span {
    start: usize,
    end: usize,
}

/// Address and number of elements.
fn elements<T: Element>(memory: Memory) -> Result<(*mut T, usize)> {
    if memory.kind != T::KIND {
        let (given, expected) = (memory.kind.name(), T::KIND.name());
        return Err(invalid(format!("{given}: an array of another type, expected a {expected}")));
    }
    if T::IS_INDEX && memory.is_shared {
        let name = T::KIND.name();
        return Err(invalid(format!("{name} in a SharedArrayBuffer, expected memory of its own")));
    }
    elements_at(memory)
}

/// The same; nothing is read from an empty array.
fn elements_at<T: Element>(memory: Memory) -> Result<(*mut T, usize)> {
    let data: *mut T = memory.data.cast();
    if data.is_null() || memory.length == 0 {
        return Ok((std::ptr::NonNull::dangling().as_ptr(), 0));
    }
    if !data.is_aligned() {
        return Err(invalid(format!("a {} at an unaligned address", T::KIND.name())));
    }
    Ok((data, memory.length))
}

fn given(arguments: &mut dyn Arguments, index: usize) -> Result<Handle> {
    arguments
        .array(index)?
        .ok_or_else(|| invalid(format!("argument {index}: missing, expected a typed array")))
}

macro_rules! argument {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name<'a, T> {
            handle: Handle,
            memory: OnceCell<(*mut T, usize)>,
            lifetime: PhantomData<&'a T>,
        }

        impl<T: Element> From<Handle> for $name<'_, T> {
            fn from(handle: Handle) -> Self {
                Self { handle, memory: OnceCell::new(), lifetime: PhantomData }
            }
        }

        impl<T: Element> $name<'_, T> {
            /// Address and length.
            fn memory(&self) -> Result<(*mut T, usize)> {
                if let Some(&memory) = self.memory.get() {
                    return Ok(memory);
                }
                let memory = elements(self.handle.memory()?)?;
                Ok(*self.memory.get_or_init(|| memory))
            }

            fn span(&self) -> Result<Span> {
                let (data, length) = self.memory()?;
                let start = data as usize;
                Ok(Span { start, end: start + length * size_of::<T>() })
            }

            pub(super) fn len(&self) -> Result<usize> {
                Ok(self.memory()?.1)
            }
        }

        impl<T: Element> Argument for $name<'_, T> {
            fn take(arguments: &mut dyn Arguments, index: usize) -> Result<Self> {
                Ok(given(arguments, index)?.into())
            }
        }

        impl<T: Element> Argument for Option<$name<'_, T>> {
            fn take(arguments: &mut dyn Arguments, index: usize) -> Result<Self> {
                Ok(arguments.array(index)?.map(Into::into))
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
            handle: Handle,
            memory: OnceCell<Memory>,
            lifetime: PhantomData<&'a ()>,
        }

        /// The same by type.
        pub enum $typed<'a> {
            Floats($array<'a, f32>),
            Ints($array<'a, i32>),
            Bools($array<'a, u8>),
        }

        impl<'a> $name<'a> {
            fn memory(&self) -> Result<Memory> {
                if let Some(&memory) = self.memory.get() {
                    return Ok(memory);
                }
                let memory = self.handle.memory()?;
                if memory.kind == Kind::Float64 {
                    return Err(invalid("expected a Float32Array, an Int32Array or a Uint8Array"));
                }
                Ok(*self.memory.get_or_init(|| memory))
            }

            pub fn typed(self) -> Result<$typed<'a>> {
                Ok(match self.memory()?.kind {
                    Kind::Float32 => $typed::Floats(self.array()?),
                    Kind::Int32 => $typed::Ints(self.array()?),
                    _ => $typed::Bools(self.array()?),
                })
            }

            fn array<T: Element>(&self) -> Result<$array<'a, T>> {
                let memory = OnceCell::from(elements_at(self.memory()?)?);
                Ok($array { handle: self.handle, memory, lifetime: PhantomData })
            }
        }

        impl Argument for $name<'_> {
            fn take(arguments: &mut dyn Arguments, index: usize) -> Result<Self> {
                let handle = given(arguments, index)?;
                Ok(Self { handle, memory: OnceCell::new(), lifetime: PhantomData })
            }
        }

        impl Spans for $name<'_> {
            fn add_to(&self, spans: &mut Vec<Span>) -> Result<()> {
                let memory = self.memory()?;
                let bytes = if memory.kind == Kind::Uint8 { memory.length } else { memory.length * 4 };
                spans.push(Span { start: memory.data as usize, end: memory.data as usize + bytes });
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

/// A list of arrays that a kernel reads.
pub struct Inputs(Vec<Handle>);

impl Inputs {
    pub fn arrays<T: Element>(&self) -> Vec<Input<'_, T>> {
        self.0.iter().map(|&handle| handle.into()).collect()
    }
}

impl Argument for Inputs {
    fn take(arguments: &mut dyn Arguments, index: usize) -> Result<Self> {
        arguments.list(index).map(Self)
    }
}

/// A list of arrays that a kernel writes or updates.
pub struct Outputs(Vec<Handle>);

impl Outputs {
    pub fn arrays<T: Element>(&self) -> Vec<Output<'_, T>> {
        self.0.iter().map(|&handle| handle.into()).collect()
    }
}

impl Argument for Outputs {
    fn take(arguments: &mut dyn Arguments, index: usize) -> Result<Self> {
        arguments.list(index).map(Self)
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

    /// The address of the first element.
    pub fn address(&self) -> Result<usize> {
        Ok(self.memory()?.0 as usize)
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
