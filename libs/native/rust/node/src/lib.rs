//! The kernels as a Node addon: one JavaScript function with positional arguments per entry of `CALLS`.

use lilformer_kernels::calls::arguments::{Arguments, Error, Handle, Kind, Memory, Result, invalid};
use lilformer_kernels::calls::{CALLS, Call};
use napi_sys as sys;
use std::ffi::{CString, c_void};
use std::ptr::null_mut;

/// Maximum number of arguments.
const MOST: usize = 24;

/// Node's entry: sets the functions on `exports`.
///
/// # Safety
/// Called by Node.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn napi_register_module_v1(
    env: sys::napi_env,
    exports: sys::napi_value,
) -> sys::napi_value {
    #[cfg(target_env = "msvc")]
    // SAFETY: once, before any other function of Node. The handle lives as long as the process.
    std::mem::forget(unsafe { sys::setup() });
    // Panics become JavaScript errors. They are printed only if RUST_BACKTRACE is set.
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    }
    for call in CALLS {
        let name = CString::new(camel_case(call.name)).expect("names have no zero byte");
        let data = std::ptr::from_ref(call).cast_mut().cast::<c_void>();
        let mut function = null_mut();
        // SAFETY: env and exports are valid during this call, the name until its end, and the data for ever.
        unsafe {
            sys::napi_create_function(env, name.as_ptr(), -1, Some(run), data, &mut function);
            sys::napi_set_named_property(env, exports, name.as_ptr(), function);
        }
    }
    exports
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

/// The JavaScript function of the call in its data. Throws errors and panics.
unsafe extern "C" fn run(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut values = [null_mut(); MOST];
    let mut count = MOST;
    let mut data = null_mut();
    // SAFETY: env and info are valid during this call; the others point to local variables. Missing arguments are undefined.
    unsafe { sys::napi_get_cb_info(env, info, &mut count, values.as_mut_ptr(), null_mut(), &mut data) };
    // SAFETY: the data of every function is an entry of CALLS.
    let call = unsafe { &*data.cast::<Call>() };
    let mut arguments = JsArguments { env, values };
    let message = match call.run(&mut arguments) {
        Ok(None) => return null_mut(),
        Ok(Some(number)) => {
            let mut result = null_mut();
            // SAFETY: env is valid, the other points to a local variable.
            unsafe { sys::napi_create_double(env, number, &mut result) };
            return result;
        }
        Err(message) => message,
    };
    let (mut text, mut error) = (null_mut(), null_mut());
    // SAFETY: as above; the message has this length.
    unsafe {
        sys::napi_create_string_utf8(env, message.as_ptr().cast(), message.len() as isize, &mut text);
        sys::napi_create_error(env, null_mut(), text, &mut error);
        sys::napi_throw(env, error);
    }
    null_mut()
}

/// The values of a call.
struct JsArguments {
    env: sys::napi_env,
    values: [sys::napi_value; MOST],
}

fn wrong(index: usize, expected: &str) -> Error {
    invalid(format!("argument {index}: expected {expected}"))
}

impl JsArguments {
    fn handle(&self, value: sys::napi_value) -> Handle {
        Handle { context: self.env.cast(), value: value.cast(), find }
    }
}

impl Arguments for JsArguments {
    fn number(&mut self, index: usize) -> Result<f64> {
        let mut number = 0.0;
        // SAFETY: env and the value are valid during this call; the other points to a local variable.
        let status = unsafe { sys::napi_get_value_double(self.env, self.values[index], &mut number) };
        if status == sys::Status::napi_ok { Ok(number) } else { Err(wrong(index, "a number")) }
    }

    fn boolean(&mut self, index: usize) -> Result<bool> {
        let mut boolean = false;
        // SAFETY: as above.
        let status = unsafe { sys::napi_get_value_bool(self.env, self.values[index], &mut boolean) };
        if status == sys::Status::napi_ok { Ok(boolean) } else { Err(wrong(index, "a boolean")) }
    }

    fn array(&mut self, index: usize) -> Result<Option<Handle>> {
        let value = self.values[index];
        let mut kind = sys::ValueType::napi_undefined;
        // SAFETY: as above.
        unsafe { sys::napi_typeof(self.env, value, &mut kind) };
        let is_given = kind != sys::ValueType::napi_undefined && kind != sys::ValueType::napi_null;
        Ok(is_given.then(|| self.handle(value)))
    }

    fn list(&mut self, index: usize) -> Result<Vec<Handle>> {
        let mut length = 0;
        // SAFETY: as above.
        let status = unsafe { sys::napi_get_array_length(self.env, self.values[index], &mut length) };
        if status != sys::Status::napi_ok {
            return Err(wrong(index, "an array of typed arrays"));
        }
        let mut handles = Vec::new();
        for at in 0..length {
            let mut element = null_mut();
            let mut is_typed = false;
            // SAFETY: as above. Getting an element may run JavaScript, which is why addresses are found later.
            unsafe {
                let status = sys::napi_get_element(self.env, self.values[index], at, &mut element);
                if status == sys::Status::napi_ok {
                    sys::napi_is_typedarray(self.env, element, &mut is_typed);
                }
            }
            if !is_typed {
                return Err(wrong(index, &format!("typed arrays, but element {at} is none")));
            }
            handles.push(self.handle(element));
        }
        Ok(handles)
    }
}

/// The memory of a typed array.
unsafe fn find(context: *mut c_void, value: *mut c_void) -> Result<Memory> {
    let (env, value): (sys::napi_env, sys::napi_value) = (context.cast(), value.cast());
    let (mut kind, mut length, mut data, mut buffer) = (-1, 0, null_mut(), null_mut());
    // SAFETY: env and value are valid during this call; the others point to local variables, or are null: not wanted.
    let status = unsafe {
        sys::napi_get_typedarray_info(env, value, &mut kind, &mut length, &mut data, &mut buffer, null_mut())
    };
    if status != sys::Status::napi_ok {
        return Err(invalid("expected a typed array"));
    }
    let kind = match kind {
        sys::TypedarrayType::float32_array => Kind::Float32,
        sys::TypedarrayType::int32_array => Kind::Int32,
        sys::TypedarrayType::uint8_array => Kind::Uint8,
        sys::TypedarrayType::float64_array => Kind::Float64,
        _ => return Err(invalid("an array of another type, expected float32, float64, int32 or uint8")),
    };
    let mut is_own = true;
    if kind != Kind::Float32 {
        // SAFETY: as above.
        unsafe { sys::napi_is_arraybuffer(env, buffer, &mut is_own) };
    }
    Ok(Memory { kind, data, length, is_shared: !is_own })
}
