//! Where an address lies, so that a server of the internet cannot send us to machines that only we can reach.

use std::net::{IpAddr, SocketAddr};

use reqwest::Url;

/// Who can reach an address; the later, the fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    Public,
    /// Private networks and this machine.
    Inside,
    /// This machine's own surroundings, where clouds keep credentials for whoever asks.
    LinkLocal,
}

impl Reach {
    /// Looks the host up. One that is not found counts as public: the request will say so.
    pub(crate) fn of(url: &Url) -> Self {
        let addresses = url.socket_addrs(|| None).unwrap_or_default();
        addresses.iter().map(SocketAddr::ip).map(Self::of_address).max().unwrap_or(Self::Public)
    }

    fn of_address(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) if address.is_link_local() => Self::LinkLocal,
            IpAddr::V6(address) if address.is_unicast_link_local() => Self::LinkLocal,
            IpAddr::V4(address) => {
                let [first, second, ..] = address.octets();
                let is_shared = first == 100 && second & 0xC0 == 64;
                let is_inside = address.is_private() || address.is_loopback() || address.is_unspecified() || is_shared;
                if is_inside { Self::Inside } else { Self::Public }
            }
            IpAddr::V6(address) => {
                let is_inside = address.is_loopback() || address.is_unspecified() || address.is_unique_local();
                if is_inside { Self::Inside } else { Self::Public }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart_in_every_spelling() {
        let reach = |text: &str| Reach::of(&Url::parse(text).unwrap());
        for url in
            ["http://169.254.169.254/", "http://[fe80::1]/", "http://[::ffff:169.254.169.254]/", "http://2852039166/"]
        {
            assert_eq!(reach(url), Reach::LinkLocal, "{url}");
        }
        for url in [
            "http://127.0.0.1:80/",
            "http://10.1.2.3/",
            "http://[::1]/",
            "http://100.64.0.1/",
            "http://[fd00:ec2::254]/",
        ] {
            assert_eq!(reach(url), Reach::Inside, "{url}");
        }
        assert_eq!(reach("http://192.0.2.1/"), Reach::Public);
        assert_eq!(reach("http://100.128.0.1/"), Reach::Public);
    }
}
