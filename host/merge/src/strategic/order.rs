//! The order of merged lists: what the patch lists in the patch's order, the server's own items between them.

use serde_json::Value;

use super::Error;
use super::list::{Kind, is_deletion, merge_key_of, position, position_of_key};

/// Items that the patch names, and items that only the server has.
pub(super) struct Parts {
    pub(super) patch: Vec<Value>,
    pub(super) server: Vec<Value>,
}

/// Divides a merged list by whether an item is in `named`.
pub(super) fn partition(merged: Vec<Value>, named: &[Value], merge_key: &str) -> Result<Parts, Error> {
    let mut parts = Parts { patch: Vec::new(), server: Vec::new() };
    for item in merged {
        let is_named = match merge_key {
            "" => named.contains(&item),
            key => position_of_key(named, key, merge_key_of(&item, key)?)?.is_some(),
        };
        if is_named { parts.patch.push(item) } else { parts.server.push(item) }
    }
    Ok(parts)
}

/// Sorts both parts by their own order and joins them.
pub(super) fn join(
    mut parts: Parts,
    patch_order: &[Value],
    server_order: &[Value],
    (merge_key, kind): (&str, Kind),
) -> Result<Vec<Value>, Error> {
    sort_like(&mut parts.patch, patch_order, merge_key, kind)?;
    sort_like(&mut parts.server, server_order, merge_key, kind)?;
    let mut server = parts.server.into_iter().peekable();
    let mut out = Vec::new();
    for patched in parts.patch {
        let place = position(server_order, &patched, merge_key, kind);
        let comes_first = |item: &Value| {
            let own = position(server_order, item, merge_key, kind);
            own.zip(place).is_some_and(|(own, place)| own < place)
        };
        while let Some(item) = server.next_if(comes_first) {
            out.push(item);
        }
        out.push(patched);
    }
    out.extend(server);
    Ok(out)
}

/// Sorts items as `order` lists them; deletions come last.
pub(super) fn sort_like(list: &mut [Value], order: &[Value], merge_key: &str, kind: Kind) -> Result<(), Error> {
    if kind == Kind::Map {
        for item in list.iter().chain(order) {
            merge_key_of(item, merge_key)?;
        }
    }
    list.sort_by_cached_key(|item| (item.as_object().is_some_and(is_deletion), position(order, item, merge_key, kind)));
    Ok(())
}
