//! `wit/0.1.0` from the plugin's side. The types of all worlds are those of `generator`.

#![allow(clippy::all, reason = "generated")]

pub mod generator {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "generator",
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_generator_component",
        default_bindings_module: "windlass_sdk::bindings::generator",
        generate_all,
    });
}

pub mod health {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "health",
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_health_component",
        default_bindings_module: "windlass_sdk::bindings::health",
        with: {
            "windlass:plugin/types@0.1.0": super::generator::windlass::plugin::types,
            "windlass:plugin/log@0.1.0": super::generator::windlass::plugin::log,
        },
    });
}

pub mod notifier {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "notifier",
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_notifier_component",
        default_bindings_module: "windlass_sdk::bindings::notifier",
        with: {
            "windlass:plugin/types@0.1.0": super::generator::windlass::plugin::types,
            "windlass:plugin/log@0.1.0": super::generator::windlass::plugin::log,
        },
    });
}

pub mod filter {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "filter",
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_filter_component",
        default_bindings_module: "windlass_sdk::bindings::filter",
        with: {
            "windlass:plugin/types@0.1.0": super::generator::windlass::plugin::types,
            "windlass:plugin/log@0.1.0": super::generator::windlass::plugin::log,
        },
    });
}

pub mod transformer {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "transformer",
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_transformer_component",
        default_bindings_module: "windlass_sdk::bindings::transformer",
        with: {
            "windlass:plugin/types@0.1.0": super::generator::windlass::plugin::types,
            "windlass:plugin/log@0.1.0": super::generator::windlass::plugin::log,
        },
    });
}
