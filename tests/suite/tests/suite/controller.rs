//! The shared scenarios, on the embedded API.

use tokio::sync::OnceCell;
use windlass_tests_suite::{Site, each_scenario, scenarios};

static SITE: OnceCell<Site> = OnceCell::const_new();

macro_rules! play {
    ($($name:ident,)*) => {
        $(#[tokio::test]
        async fn $name() {
            scenarios::$name(SITE.get_or_init(Site::embedded).await).await;
        })*
    };
}

each_scenario!(play);
