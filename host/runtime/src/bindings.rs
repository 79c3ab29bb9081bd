//! What `wit/0.1.0` says, as Rust: one module for each world, types and imports shared.
//!
//! A second track becomes a sibling of these modules that converts types and calls the same functions;
//! the checks stay in one place.

pub(crate) mod generator {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "generator",
        imports: { default: trappable },
        exports: { default: async },
    });
}

pub(crate) mod health {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "health",
        imports: { default: trappable },
        exports: { default: async },
        with: {
            "windlass:plugin/types": super::generator::windlass::plugin::types,
            "windlass:plugin/log": super::generator::windlass::plugin::log,
        },
    });
}

pub(crate) mod notifier {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "notifier",
        imports: { default: trappable },
        exports: { default: async },
        with: {
            "windlass:plugin/types": super::generator::windlass::plugin::types,
            "windlass:plugin/log": super::generator::windlass::plugin::log,
        },
    });
}

pub(crate) mod filter {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "filter",
        imports: { default: trappable },
        exports: { default: async },
        with: {
            "windlass:plugin/types": super::generator::windlass::plugin::types,
            "windlass:plugin/log": super::generator::windlass::plugin::log,
        },
    });
}

pub(crate) mod transformer {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "transformer",
        imports: { default: trappable },
        exports: { default: async },
        with: {
            "windlass:plugin/types": super::generator::windlass::plugin::types,
            "windlass:plugin/log": super::generator::windlass::plugin::log,
        },
    });
}

pub(crate) use filter::exports::windlass::plugin::strip;
pub(crate) use generator::exports::windlass::plugin::generate;
pub(crate) use generator::windlass::plugin as imports;
pub(crate) use health::exports::windlass::plugin::assess;
pub(crate) use imports::types;
pub(crate) use notifier::exports::windlass::plugin::plan;
