//! Runs a chart's templates: one namespace for all charts, values by scope, files in Helm's order.

use std::collections::BTreeMap;
use std::rc::Rc;

use windlass_gotemplate::{Budget, Elem, Execution, Functions, Map, MissingKey, Namespace, Text, Value};

use crate::chart::Chart;
use crate::functions::without_no_value;
use crate::objects;
use crate::trace::TemplateError;

/// Bytes that all templates may write together: what a generator may hand over, twice.
const MAX_OUTPUT: usize = 64 << 20;

/// A template file and what it is given.
#[derive(Debug)]
struct Renderable {
    source: Text,
    /// The top-level `.`, one for all templates of a chart.
    data: Rc<Map>,
    base_path: String,
}

/// What is the same for all charts of a render.
pub struct Scope {
    /// The coalesced values of the root chart, see [`crate::coalesce_values`].
    pub values: Value,
    /// `.Release`
    pub release: Value,
    /// `.Capabilities`
    pub capabilities: Value,
}

/// What templates were run with: their trees, and the values they were given. To take that apart takes a twentieth of
/// a render, so it stays with the result, for who ends anyway to leave it be.
#[derive(Debug)]
pub struct Workings {
    _execution: Execution,
    _templates: BTreeMap<String, Renderable>,
}

/// Renders every template that is not a partial; the result is ordered by path. This is what lies between the
/// preparation of values and the sorting of manifests in [`crate::render`].
pub fn render_templates(
    chart: &Chart,
    scope: &Scope,
    functions: Functions,
    missing_key: MissingKey,
) -> Result<(Vec<(String, String)>, Workings), TemplateError> {
    let mut templates = BTreeMap::new();
    collect(chart, chart.name(), true, scope, &scope.values, &mut templates);
    let mut order: Vec<&String> = templates.keys().collect();
    // Deep files are parsed first, so that a parent's definition replaces that of its subchart; they also run first,
    // which shows where templates change values.
    order.sort_by_cached_key(|path| std::cmp::Reverse((path.matches('/').count(), path.as_str())));

    let mut namespace = Namespace::new("gotpl", Rc::new(functions));
    for path in &order {
        let source = templates[*path].source.to_str();
        namespace.parse(path, &source).map_err(|error| TemplateError::from(&error))?;
    }
    let mut execution =
        Execution::new(Rc::new(namespace), missing_key, Budget { output: MAX_OUTPUT, ..Budget::default() });
    let mut rendered = BTreeMap::new();
    for path in order {
        let is_partial = path.rsplit('/').next().is_some_and(|name| name.starts_with('_'));
        if !is_partial {
            let text = run(&mut execution, path, &templates[path])?;
            rendered.insert(path.clone(), text);
        }
    }
    Ok((rendered.into_iter().collect(), Workings { _execution: execution, _templates: templates }))
}

fn run(execution: &mut Execution, path: &str, template: &Renderable) -> Result<String, TemplateError> {
    let about = [("Name", Value::string(path)), ("BasePath", Value::string(template.base_path.as_str()))];
    template.data.insert("Template", Value::map(about));
    let written = execution.execute(path, Value::Map(template.data.clone()));
    let written = written.map_err(|failure| match failure.cause {
        Some(cause) => TemplateError::from(&*cause),
        None => TemplateError { text: failure.message, location: None, limit: None },
    })?;
    Ok(without_no_value(written).to_str().into_owned())
}

/// Adds the templates of a chart and of what it depends on; returns the chart's top-level `.`.
fn collect(
    chart: &Chart,
    path: &str,
    is_root: bool,
    scope: &Scope,
    values: &Value,
    templates: &mut BTreeMap<String, Renderable>,
) -> Rc<Map> {
    let subcharts = Rc::new(Map::new(Elem::Any));
    let data = Rc::new(Map::any([
        ("Chart", objects::chart(chart, is_root).into()),
        ("Files", Value::object(objects::ChartFiles::new(&chart.files))),
        ("Release", scope.release.clone()),
        ("Capabilities", scope.capabilities.clone()),
        ("Values", values.clone()),
        ("Subcharts", Value::Map(subcharts.clone())),
    ]));
    for dependency in &chart.dependencies {
        let name = dependency.name();
        let section = values.as_map().and_then(|values| values.get(name));
        let values = section.filter(|section| section.as_map().is_some()).unwrap_or_else(|| Map::new(Elem::Any).into());
        let path = format!("{path}/charts/{name}");
        subcharts.insert(name, Value::Map(collect(dependency, &path, false, scope, &values, templates)));
    }
    for file in chart.templates.iter() {
        let is_partial = file.name.rsplit('/').next().is_some_and(|name| name.starts_with('_'));
        if is_partial || !chart.is_library() {
            let renderable =
                Renderable { source: file.data.clone(), data: data.clone(), base_path: format!("{path}/templates") };
            templates.insert(format!("{path}/{}", file.name), renderable);
        }
    }
    data
}
