//! Takes out of what a program printed what differs from run to run: times, ages, generated names, addresses, widths.

use std::sync::LazyLock;

use regex::Regex;
use windlass_tests_replay::normal;

/// The lines of a text, in the form in which they are compared.
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(line).collect()
}

/// A line, in the form in which it is compared; such a line stays as it is.
pub fn line(line: &str) -> String {
    let indented = line.len() - line.trim_start().len();
    let (indent, rest) = line.split_at(indented);
    let rest = WIDTH.replace_all(rest.trim_end(), "  ");
    let rest = RULES.iter().fold(rest.into_owned(), |text, (rule, instead)| rule.replace_all(&text, *instead).into());
    format!("{indent}{}", normal::text(&rest))
}

/// How wide a column is depends on what stands in it.
static WIDTH: LazyLock<Regex> = LazyLock::new(|| rule(r"[ \t]*\t[ \t]*| {2,}"));

const CELL: &str = r"(^|  )(\d+m)?(\d+(\.\d+)?m?s)($|  )";

static RULES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let rules = [
        // Folders of `kubectl diff` and uids come first, since a part of them may look like a hash.
        (r"/[\w/.-]*/(LIVE|MERGED)-\d+/", "$1/"),
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uid>"),
        // Of a time that is fixed: another one each day.
        (r"\b\d+y(\d+d)?\b", "<age>"),
        // A cell that is an age; twice, since two may stand side by side.
        (CELL, "$1<age>$5"),
        (CELL, "$1<age>$5"),
        (r"\(\d+s ago\)", "(<age> ago)"),
        (r"\d+s \(x(\d+) over \d+s\)", "<age> (x$1 over <age>)"),
        (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}", "<time>"),
        // What client-go logs: level, day, time, process, place.
        (r"^([IWE])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ ", "$1 "),
        (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "<time>"),
        (r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4}( \w+)?", "<time>"),
        // A Pod's name: the hash of its template and letters of its own.
        (r"\b(\w[\w-]*?)-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b", "$1-<hash>-<name>"),
        (r"-[bcdfghjklmnpqrstvwxz2456789]{8,10}\b", "-<hash>"),
        (r#"(pod-template-hash"?[=:] ?"?)[bcdfghjklmnpqrstvwxz2456789]{8,10}"#, "$1<hash>"),
        // The simulator's.
        (r"\b(10\.244|203\.0)\.\d+\.\d+\b", "<address>"),
        (r"https://127\.0\.0\.1:\d+", "https://<server>"),
        (r"127\.0\.0\.1:\d+", "<server>"),
        (r":3[0-2]\d{3}/(TCP|UDP)", ":<port>/$1"),
        (r"(NodePort: .*)\b3[0-2]\d{3}\b", "$1<port>"),
        (r#"("(?:resourceVersion|nodePort)": ?)"?\d+"?"#, "$1<number>"),
        (r"(Resource Version:  )\d+", "$1<version>"),
        (r"(resource version to be \d+, was )\d+", "$1<version>"),
        (r"(nodePort: )3[0-2]\d{3}", "$1<port>"),
        (r"\beyJ[\w.-]+", "<token>"),
        (r"\bwindlass-(tests|admin)\b", "<user>"),
    ];
    rules.into_iter().map(|(pattern, instead)| (rule(pattern), instead)).collect()
});

fn rule(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a rule of this file is a regular expression")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(printed: &str, expected: &str) {
        assert_eq!(lines(printed), [expected]);
    }

    #[test]
    fn ages_times_and_widths_are_taken_out() {
        check("NAME    READY   AGE", "NAME  READY  AGE");
        check("web     1/1     12s", "web  1/1  <age>");
        check("2y206d (x3 over 2y206d)   Normal", "<age> (x3 over <age>)  Normal");
        check("web     1/1     1 (3s ago)   12s", "web  1/1  1 (<age> ago)  <age>");
        check("Start Time:   Sat, 28 Nov 2026 18:38:09 +0000", "Start Time:  <time>");
        check("    Liveness:  http-get :80/ delay=0s timeout=1s", "    Liveness:  http-get :80/ delay=0s timeout=1s");
    }

    #[test]
    fn generated_names_are_taken_out_and_others_left() {
        check("web-5d4f8c7b9d-x7k2m   1/1", "web-<hash>-<name>  1/1");
        check(
            "NewReplicaSet:   web-5d4f8c7b9d (2/2 replicas created)",
            "NewReplicaSet:  web-<hash> (2/2 replicas created)",
        );
        check("pod-template-hash=8d969nxzf7", "pod-template-hash=<hash>");
        check("pvc-7c8d9b2f-a8b4-48c6-974f-9b0a44687789", "pvc-<uid>");
        check("configmap/settings-for-web", "configmap/settings-for-web");
        check("+++ /tmp/a.b/MERGED-1234567890/v1.ConfigMap.a", "+++ MERGED/v1.ConfigMap.a");
        check("+++ /tmp/a.b/MERGED-245678924/v1.ConfigMap.a", "+++ MERGED/v1.ConfigMap.a");
    }

    #[test]
    fn addresses_and_tokens_are_taken_out() {
        check("    server: https://127.0.0.1:41234", "    server: https://<server>");
        check("eyJhbGciOi.eyJhdWQ.c2ln", "<token>");
    }
}
