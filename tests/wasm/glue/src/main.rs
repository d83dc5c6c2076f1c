//! Writes the JavaScript around a module that was built with `wasm-bindgen`: `wasm-glue MODULE FOLDER`.
//!
//! It is what `wasm-bindgen --target web` does. That program has to be of the release of the crate, and takes longer to
//! build than this.

use std::env;
use std::error::Error;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let [module, folder] = &env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err("wasm-glue MODULE FOLDER".into());
    };
    Bindgen::new().input_path(module).web(true)?.typescript(false).generate(folder)?;
    Ok(())
}
