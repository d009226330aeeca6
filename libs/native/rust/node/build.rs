//! Links the library so that Node can load it, and so that it is never unloaded: its threads live as long as the process.

fn main() {
    napi_build::setup();
    let target = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if target == "linux" {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
