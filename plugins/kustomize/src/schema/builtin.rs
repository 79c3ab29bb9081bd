//! The table of built-in kinds.

use super::{Type, Types};

const TABLE: &str = include_str!("kubernetes-1.21.txt");

pub(super) fn types() -> Types {
    let mut types = Types::default();
    let mut owner = 0;
    for line in TABLE.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("type") => {
                owner = types.add(Type::default());
                types.definitions.extend(words.map(|name| (name.to_owned(), owner)));
            }
            Some("names") => types.definitions.extend(words.map(|name| (name.to_owned(), owner))),
            Some("kinds") => {
                let kind =
                    |word: &str| word.rsplit_once('/').map(|(version, kind)| (version.to_owned(), kind.to_owned()));
                types.kinds.extend(words.filter_map(kind).map(|kind| (kind, owner)));
            }
            Some("field") => {
                if let (Some(name), Some(target)) = (words.next(), words.next()) {
                    let field = types.add(reference(target));
                    types.list[owner].properties.insert(name.to_owned(), field);
                }
            }
            Some("list") => {
                if let (Some(name), Some(keys), Some(target)) = (words.next(), words.next(), words.next()) {
                    let list = list(&mut types, keys, target);
                    types.list[owner].properties.insert(name.to_owned(), list);
                }
            }
            _ => {}
        }
    }
    types
}

fn reference(target: &str) -> Type {
    Type { reference: Some(target.to_owned()), ..Type::default() }
}

fn list(types: &mut Types, keys: &str, target: &str) -> usize {
    let items = (target != "-").then(|| types.add(reference(target)));
    let keys = keys.split(',').filter(|key| *key != "-").map(str::to_owned).collect();
    types.add(Type { items, keys, strategy: "merge".to_owned(), ..Type::default() })
}

#[cfg(test)]
mod tests {
    use crate::schema::OpenApi;

    #[test]
    fn containers_of_a_deployment_merge_by_name_and_their_ports_by_two_keys() {
        let deployment = OpenApi::default().of_kind("apps/v1", "Deployment").unwrap();
        let path = ["spec", "template", "spec", "containers"];
        let containers = path.iter().fold(deployment, |schema, field| schema.field(field).unwrap());
        assert_eq!(containers.keys(), ["name"]);
        let ports = containers.elements().unwrap().field("ports").unwrap();
        assert_eq!(ports.keys(), ["containerPort", "protocol"]);
    }
}
