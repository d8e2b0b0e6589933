//! Blob storage: containers, blobs and leases of the accounts that ARM knows.
//!
//! Invariant: a container is an object of ARM; whoever made it, both sides see the same one.
//! Invariant: a blob that is leased is written with its lease only.
//! Never: keys and signatures are not verified; that somebody signs is.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::Response;
use serde_json::{Map, json};

use crate::SandboxError;
use crate::arm::{self, Request};
use crate::clock::{self, Moment};
use crate::front::{Asking, empty};
use crate::hub::Hub;
use crate::world::{Blob, Change, Lease, Tables};

const VERSION: &str = "2026-02-06";

/// A refusal of the service.
struct Refused(u16, &'static str, &'static str);

const NO_CONTAINER: Refused = Refused(404, "ContainerNotFound", "The specified container does not exist.");
const NO_BLOB: Refused = Refused(404, "BlobNotFound", "The specified blob does not exist.");
const CONDITION: Refused =
    Refused(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.");
const EXISTS: Refused = Refused(409, "BlobAlreadyExists", "The specified blob already exists.");
const NO_LEASE: Refused = Refused(
    412,
    "LeaseIdMissing",
    "There is currently a lease on the blob and no lease ID was specified in the request.",
);
const OTHER_LEASE: Refused = Refused(
    412,
    "LeaseIdMismatchWithBlobOperation",
    "The lease ID specified did not match the lease ID for the blob.",
);
const LEASED: Refused = Refused(409, "LeaseAlreadyPresent", "There is already a lease present.");
const NOT_LEASED: Refused = Refused(
    409,
    "LeaseIdMismatchWithLeaseOperation",
    "The lease ID specified did not match the lease ID for the blob.",
);
const UNSIGNED: Refused = Refused(
    401,
    "NoAuthenticationInformation",
    "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
);
const UNSUPPORTED: Refused =
    Refused(400, "UnsupportedQueryParameter", "The sandbox does not know this operation.");
const BAD_BLOCKS: Refused = Refused(400, "InvalidBlockList", "The specified block list is invalid.");
const BAD_RANGE: Refused =
    Refused(416, "InvalidRange", "The range specified is invalid for the current size of the resource.");

type Answer = Result<Result<Response, Refused>, SandboxError>;

/// A storage account that a request points at, and what is below it.
struct Place<'a> {
    hub: &'a Hub,
    asking: &'a Asking,
    account: String,
    /// The id of the account in ARM.
    id: String,
    container: String,
    blob: String,
}

impl Place<'_> {
    fn key(&self) -> String {
        format!("{}/{}/{}", self.account, self.container, self.blob)
    }

    fn query(&self, name: &str) -> &str {
        self.asking.query.get(name).map_or("", String::as_str)
    }

    fn container_id(&self) -> String {
        format!("{}/blobServices/default/containers/{}", self.id, self.container)
    }

    fn has_container(&self) -> bool {
        let key = self.container_id().to_lowercase();
        self.hub.world.look(|tables| tables.objects.contains_key(&key))
    }
}

/// Answers a request to an account; nothing where there is no such account.
pub(crate) fn answer(hub: &Hub, asking: &Asking, host: &str) -> Result<Option<Response>, SandboxError> {
    let by_host = host.split_once(".blob.").map(|(account, _)| account.to_owned());
    let (account, rest) = match by_host {
        Some(account) => (account, asking.path.as_str()),
        None => {
            let (first, rest) = asking.path.split_once('/').unwrap_or((&asking.path, ""));
            (first.to_owned(), rest)
        }
    };
    let Some(id) = hub.world.look(|tables| account_id(tables, &account)) else { return Ok(None) };
    let (container, blob) = rest.split_once('/').unwrap_or((rest, ""));
    let place = Place { hub, asking, account, id, container: container.to_owned(), blob: blob.to_owned() };
    let signed = !asking.header("authorization").is_empty() || asking.query.contains_key("sig");
    let answered = if signed { decide(&place)? } else { Err(UNSIGNED) };
    let mut response = answered.unwrap_or_else(|refused| refusal(&refused, &asking.method));
    set(&mut response, "x-ms-version", VERSION);
    set(&mut response, "x-ms-request-id", &uuid::Uuid::new_v4().to_string());
    set(&mut response, "date", &clock::now().http_date());
    Ok(Some(response))
}

fn account_id(tables: &Tables, account: &str) -> Option<String> {
    let known = |object: &&crate::world::Object| {
        object.kind.eq_ignore_ascii_case("Microsoft.Storage/storageAccounts")
            && object.id.rsplit('/').next() == Some(account)
    };
    tables.objects.values().find(known).map(|object| object.id.clone())
}

fn set(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

fn refusal(refused: &Refused, method: &Method) -> Response {
    let Refused(status, code, message) = refused;
    let mut response = empty(*status);
    if method != Method::HEAD {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        *response.body_mut() = Body::from(text);
        set(&mut response, "content-type", "application/xml");
    }
    set(&mut response, "x-ms-error-code", code);
    response
}

fn xml(text: String) -> Response {
    let mut response = empty(200);
    *response.body_mut() = Body::from(format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{text}"));
    set(&mut response, "content-type", "application/xml");
    response
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn decide(place: &Place<'_>) -> Answer {
    if place.container.is_empty() {
        return Ok(service(place));
    }
    if place.blob.is_empty() {
        return container(place);
    }
    if !place.has_container() {
        return Ok(Err(NO_CONTAINER));
    }
    match (place.asking.method.as_str(), place.query("comp")) {
        ("GET" | "HEAD", "") => Ok(read(place)),
        ("GET", "blocklist") => {
            Ok(Ok(xml("<BlockList><CommittedBlocks/><UncommittedBlocks/></BlockList>".into())))
        }
        ("PUT", "") => put(place),
        ("PUT", "block") => block(place),
        ("PUT", "blocklist") => commit_blocks(place),
        ("PUT", "appendblock") => append(place),
        ("PUT", "lease") => lease(place),
        ("PUT", "metadata" | "properties" | "tier" | "tags") => describe(place),
        ("DELETE", _) => delete(place),
        _ => Ok(Err(UNSUPPORTED)),
    }
}

fn service(place: &Place<'_>) -> Result<Response, Refused> {
    if place.query("comp") == "list" {
        let prefix = format!("{}/blobServices/default/containers/", place.id).to_lowercase();
        let wanted = place.query("prefix").to_owned();
        let names: Vec<String> = place.hub.world.look(|tables| {
            tables.below(&prefix).filter_map(|(key, _)| key.rsplit('/').next().map(str::to_owned)).collect()
        });
        let list: String = names
            .iter()
            .filter(|name| name.starts_with(&wanted))
            .map(|name| format!("<Container><Name>{}</Name></Container>", escaped(name)))
            .collect();
        return Ok(xml(format!(
            "<EnumerationResults><Containers>{list}</Containers><NextMarker/></EnumerationResults>"
        )));
    }
    if place.asking.method == Method::PUT {
        return Ok(empty(202));
    }
    Ok(xml("<StorageServiceProperties><Cors/><DeleteRetentionPolicy><Enabled>false</Enabled></DeleteRetentionPolicy><StaticWebsite><Enabled>false</Enabled></StaticWebsite></StorageServiceProperties>".into()))
}

fn container(place: &Place<'_>) -> Answer {
    let exists = place.has_container();
    match (place.asking.method.as_str(), place.query("comp"), exists) {
        ("PUT", "", true) => {
            Ok(Err(Refused(409, "ContainerAlreadyExists", "The specified container already exists.")))
        }
        ("PUT", "", false) => write_container(place, Method::PUT, 201),
        (_, _, false) => Ok(Err(NO_CONTAINER)),
        ("GET", "list", true) => Ok(Ok(list(place))),
        ("GET", "acl", true) => Ok(Ok(xml("<SignedIdentifiers/>".into()))),
        ("GET" | "HEAD", _, true) => {
            let mut response = empty(200);
            set(&mut response, "etag", "\"0x8D0000000000000\"");
            set(&mut response, "x-ms-lease-status", "unlocked");
            set(&mut response, "x-ms-lease-state", "available");
            Ok(Ok(response))
        }
        ("PUT", "acl" | "metadata", true) => Ok(Ok(empty(200))),
        ("DELETE", "", true) => write_container(place, Method::DELETE, 202),
        _ => Ok(Err(UNSUPPORTED)),
    }
}

/// Makes or removes a container as ARM would.
fn write_container(place: &Place<'_>, method: Method, status: u16) -> Answer {
    let request = Request {
        method,
        path: place.container_id(),
        query: BTreeMap::from([("api-version".to_owned(), "2025-08-01".to_owned())]),
        if_match: None,
        if_none_match: None,
        body: json!({"properties": {}}).as_object().cloned().unwrap_or_else(Map::new),
    };
    let now = clock::now();
    let reply = place.hub.world.commit(|tables| arm::answer(tables, &place.hub.place, now, &request))?;
    let refused =
        Refused(400, "InvalidResourceName", "The specified resource name contains invalid characters.");
    Ok(if reply.status < 300 { Ok(empty(status)) } else { Err(refused) })
}

fn list(place: &Place<'_>) -> Response {
    let front = format!("{}/{}/", place.account, place.container);
    let (wanted, delimiter) = (place.query("prefix"), place.query("delimiter"));
    let mut list = String::new();
    let mut folders: Vec<String> = Vec::new();
    place.hub.world.look(|tables| {
        let from = format!("{front}{wanted}");
        for (key, blob) in tables.blobs.range(from.clone()..).take_while(|(key, _)| key.starts_with(&from)) {
            let name = &key[front.len()..];
            let rest = &name[wanted.len()..];
            if let Some(end) = (!delimiter.is_empty()).then(|| rest.find(delimiter)).flatten() {
                let folder = format!("{wanted}{}", &rest[..end + delimiter.len()]);
                if folders.last() != Some(&folder) {
                    folders.push(folder);
                }
                continue;
            }
            // Writing into a string cannot fail.
            list.push_str(&format!(
                "<Blob><Name>{}</Name><Properties><Creation-Time>{}</Creation-Time><Last-Modified>{}</Last-Modified>\
                 <Etag>{}</Etag><Content-Length>{}</Content-Length><Content-Type>{}</Content-Type><BlobType>{}</BlobType>\
                 <AccessTier>Hot</AccessTier><LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState></Properties></Blob>",
                escaped(name),
                blob.made.http_date(),
                blob.changed.http_date(),
                escaped(&etag(blob)),
                blob.size,
                escaped(&blob.content_type),
                blob.kind,
            ));
        }
    });
    for folder in folders {
        list.push_str(&format!("<BlobPrefix><Name>{}</Name></BlobPrefix>", escaped(&folder)));
    }
    xml(format!(
        "<EnumerationResults ContainerName=\"{}\"><Prefix>{}</Prefix><Blobs>{list}</Blobs><NextMarker/></EnumerationResults>",
        escaped(&place.container),
        escaped(wanted),
    ))
}

fn etag(blob: &Blob) -> String {
    format!("\"0x8D{:0>13X}\"", (blob.changed.0 as u64).wrapping_mul(1_000).wrapping_add(blob.version))
}

fn find(place: &Place<'_>) -> Option<Blob> {
    place.hub.world.look(|tables| tables.blobs.get(&place.key()).cloned())
}

fn read(place: &Place<'_>) -> Result<Response, Refused> {
    let blob = find(place).ok_or(NO_BLOB)?;
    let wanted = place.asking.header("if-match");
    if !wanted.is_empty() && wanted != "*" && wanted != etag(&blob) {
        return Err(CONDITION);
    }
    if place.asking.header("if-none-match") == etag(&blob) {
        return Ok(empty(304));
    }
    let mut response = empty(200);
    if place.asking.method == Method::GET {
        let bytes = place.hub.contents.read(&blob.digest).ok_or(NO_BLOB)?;
        let range = [place.asking.header("x-ms-range"), place.asking.header("range")];
        match range.into_iter().find(|range| !range.is_empty()) {
            None => *response.body_mut() = Body::from(bytes),
            Some(range) => {
                let (start, end) = span(range, bytes.len()).ok_or(BAD_RANGE)?;
                response = empty(206);
                set(&mut response, "content-range", &format!("bytes {start}-{}/{}", end - 1, bytes.len()));
                *response.body_mut() = Body::from(bytes[start..end].to_vec());
            }
        }
    } else {
        set(&mut response, "content-length", &blob.size.to_string());
    }
    described(&mut response, &blob);
    Ok(response)
}

/// The bytes that `bytes=from-to` asks of so many.
fn span(range: &str, length: usize) -> Option<(usize, usize)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let from: usize = from.parse().ok()?;
    let to = if to.is_empty() { length } else { to.parse::<usize>().ok()?.checked_add(1)?.min(length) };
    (from < to).then_some((from, to))
}

fn described(response: &mut Response, blob: &Blob) {
    set(response, "etag", &etag(blob));
    set(response, "last-modified", &blob.changed.http_date());
    set(response, "x-ms-creation-time", &blob.made.http_date());
    set(response, "x-ms-blob-type", &blob.kind);
    set(response, "content-type", &blob.content_type);
    set(response, "accept-ranges", "bytes");
    set(response, "x-ms-access-tier", "Hot");
    set(response, "x-ms-server-encrypted", "true");
    if let Some(sum) = &blob.content_md5 {
        set(response, "content-md5", sum);
    }
    let leased = blob.lease.as_ref().is_some_and(|lease| holds(lease, clock::now()));
    set(response, "x-ms-lease-status", if leased { "locked" } else { "unlocked" });
    set(response, "x-ms-lease-state", if leased { "leased" } else { "available" });
    for (name, value) in &blob.metadata {
        if let (Ok(name), Ok(value)) =
            (format!("x-ms-meta-{name}").parse::<HeaderName>(), HeaderValue::from_str(value))
        {
            response.headers_mut().insert(name, value);
        }
    }
}

fn holds(lease: &Lease, now: Moment) -> bool {
    lease.until.is_none_or(|until| until > now)
}

/// Whether a write may go on: its conditions hold, and it has the lease where there is one.
fn may_write(asking: &Asking, live: Option<&Blob>, now: Moment) -> Result<(), Refused> {
    let (wanted, unwanted) = (asking.header("if-match"), asking.header("if-none-match"));
    if !wanted.is_empty() && !live.is_some_and(|live| wanted == "*" || wanted == etag(live)) {
        return Err(CONDITION);
    }
    if let Some(live) = live.filter(|_| !unwanted.is_empty()) {
        if unwanted == "*" {
            return Err(EXISTS);
        }
        if unwanted == etag(live) {
            return Err(CONDITION);
        }
    }
    let given = asking.header("x-ms-lease-id");
    match live.and_then(|live| live.lease.as_ref()).filter(|lease| holds(lease, now)) {
        Some(_) if given.is_empty() => Err(NO_LEASE),
        Some(lease) if !lease.id.eq_ignore_ascii_case(given) => Err(OTHER_LEASE),
        None if !given.is_empty() => {
            Err(Refused(412, "LeaseNotPresentWithBlobOperation", "There is currently no lease on the blob."))
        }
        Some(_) | None => Ok(()),
    }
}

fn metadata(asking: &Asking) -> BTreeMap<String, String> {
    let own = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.as_str().strip_prefix("x-ms-meta-")?.to_owned(), value.to_str().ok()?.to_owned()))
    };
    asking.headers.iter().filter_map(own).collect()
}

/// Replaces a blob's bytes, or makes it, when that is allowed at the moment it happens.
fn store(place: &Place<'_>, bytes: &[u8], kind: &str, status: u16) -> Answer {
    let digest = place.hub.contents.keep(bytes)?;
    let now = clock::now();
    let asking = place.asking;
    let first = |names: &[&str]| {
        names.iter().map(|name| asking.header(name)).find(|value| !value.is_empty()).map(str::to_owned)
    };
    let stored = place.hub.world.commit(|tables| {
        let live = tables.blobs.get(&place.key());
        if let Err(refused) = may_write(asking, live, now) {
            return (Err(refused), Vec::new());
        }
        let blob = Blob {
            digest,
            size: bytes.len() as u64,
            content_type: first(&["x-ms-blob-content-type", "content-type"])
                .unwrap_or_else(|| "application/octet-stream".to_owned()),
            content_md5: first(&["x-ms-blob-content-md5", "content-md5"]),
            kind: kind.to_owned(),
            made: live.map_or(now, |live| live.made),
            changed: now,
            version: live.map_or(1, |live| live.version + 1),
            metadata: metadata(asking),
            lease: live.and_then(|live| live.lease.clone()),
        };
        (Ok(blob.clone()), vec![Change::Blob(place.key(), Some(blob))])
    })?;
    Ok(stored.map(|blob| {
        let mut response = empty(status);
        described(&mut response, &blob);
        response.headers_mut().remove("content-type");
        response
    }))
}

fn put(place: &Place<'_>) -> Answer {
    let kind = match place.asking.header("x-ms-blob-type") {
        "" => "BlockBlob",
        kind => kind,
    };
    if !place.asking.header("x-ms-copy-source").is_empty() {
        return Ok(Err(UNSUPPORTED));
    }
    let blank =
        vec![
            0;
            usize::try_from(place.asking.header("x-ms-blob-content-length").parse::<u64>().unwrap_or(0))
                .unwrap_or(0)
        ];
    let bytes: &[u8] = if kind == "PageBlob" { &blank } else { &place.asking.body };
    store(place, bytes, kind, 201)
}

fn block_name(place: &Place<'_>, block: &str) -> String {
    format!("{}#{block}", place.key())
}

fn block(place: &Place<'_>) -> Answer {
    place.hub.contents.stage(&block_name(place, place.query("blockid")), &place.asking.body)?;
    Ok(Ok(empty(201)))
}

fn commit_blocks(place: &Place<'_>) -> Answer {
    let text = String::from_utf8_lossy(&place.asking.body).into_owned();
    let blocks: Vec<&str> = text
        .split('<')
        .filter_map(|part| part.split_once('>'))
        .filter(|(tag, _)| matches!(*tag, "Latest" | "Uncommitted" | "Committed"))
        .map(|(_, block)| block.trim())
        .collect();
    let mut bytes = Vec::new();
    for block in &blocks {
        match place.hub.contents.staged(&block_name(place, block)) {
            Some(part) => bytes.extend(part),
            None => return Ok(Err(BAD_BLOCKS)),
        }
    }
    let stored = store(place, &bytes, "BlockBlob", 201)?;
    if stored.is_ok() {
        blocks.iter().for_each(|block| place.hub.contents.unstage(&block_name(place, block)));
    }
    Ok(stored)
}

fn append(place: &Place<'_>) -> Answer {
    let Some(live) = find(place) else { return Ok(Err(NO_BLOB)) };
    let mut bytes = place.hub.contents.read(&live.digest).unwrap_or_default();
    bytes.extend_from_slice(&place.asking.body);
    store(place, &bytes, "AppendBlob", 201)
}

fn describe(place: &Place<'_>) -> Answer {
    let now = clock::now();
    let asking = place.asking;
    let what = place.query("comp").to_owned();
    let described = place.hub.world.commit(|tables| {
        let Some(live) = tables.blobs.get(&place.key()) else { return (Err(NO_BLOB), Vec::new()) };
        if let Err(refused) = may_write(asking, Some(live), now) {
            return (Err(refused), Vec::new());
        }
        let mut blob = Blob { changed: now, version: live.version + 1, ..live.clone() };
        match what.as_str() {
            "metadata" => blob.metadata = metadata(asking),
            "properties" => {
                let kind = asking.header("x-ms-blob-content-type");
                blob.content_type = if kind.is_empty() { live.content_type.clone() } else { kind.to_owned() };
                let sum = asking.header("x-ms-blob-content-md5");
                blob.content_md5 = Some(sum.to_owned()).filter(|sum| !sum.is_empty());
            }
            _ => {}
        }
        (Ok(blob.clone()), vec![Change::Blob(place.key(), Some(blob))])
    })?;
    Ok(described.map(|blob| {
        let mut response = empty(200);
        set(&mut response, "etag", &etag(&blob));
        set(&mut response, "last-modified", &blob.changed.http_date());
        response
    }))
}

fn delete(place: &Place<'_>) -> Answer {
    let now = clock::now();
    let deleted = place.hub.world.commit(|tables| {
        let Some(live) = tables.blobs.get(&place.key()) else { return (Err(NO_BLOB), Vec::new()) };
        match may_write(place.asking, Some(live), now) {
            Ok(()) => (Ok(()), vec![Change::Blob(place.key(), None)]),
            Err(refused) => (Err(refused), Vec::new()),
        }
    })?;
    Ok(deleted.map(|()| empty(202)))
}

fn lease(place: &Place<'_>) -> Answer {
    let now = clock::now();
    let asking = place.asking;
    let leased = place.hub.world.commit(|tables| {
        let Some(live) = tables.blobs.get(&place.key()) else { return (Err(NO_BLOB), Vec::new()) };
        match leased(asking, live, now) {
            Err(refused) => (Err(refused), Vec::new()),
            Ok((status, lease)) => {
                let blob = Blob { lease: lease.clone(), ..live.clone() };
                let answer = (status, lease, etag(&blob));
                (Ok(answer), vec![Change::Blob(place.key(), Some(blob))])
            }
        }
    })?;
    Ok(leased.map(|(status, lease, etag)| {
        let mut response = empty(status);
        set(&mut response, "etag", &etag);
        match lease {
            Some(lease) => set(&mut response, "x-ms-lease-id", &lease.id),
            None => set(&mut response, "x-ms-lease-time", "0"),
        }
        response
    }))
}

/// What becomes of a lease: the status and the lease that there is afterwards.
fn leased(asking: &Asking, live: &Blob, now: Moment) -> Result<(u16, Option<Lease>), Refused> {
    let given = asking.header("x-ms-lease-id");
    let held = live.lease.as_ref().filter(|lease| holds(lease, now));
    let until =
        |seconds: i64| u64::try_from(seconds).ok().map(|seconds| now.after(Duration::from_secs(seconds)));
    match asking.header("x-ms-lease-action") {
        "acquire" => {
            let wanted = asking.header("x-ms-proposed-lease-id");
            if held.is_some_and(|lease| !lease.id.eq_ignore_ascii_case(wanted)) {
                return Err(LEASED);
            }
            let seconds = asking.header("x-ms-lease-duration").parse().unwrap_or(-1);
            let id = if wanted.is_empty() { uuid::Uuid::new_v4().to_string() } else { wanted.to_owned() };
            Ok((201, Some(Lease { id, until: until(seconds), seconds })))
        }
        "renew" => match &live.lease {
            Some(lease) if lease.id.eq_ignore_ascii_case(given) => {
                Ok((200, Some(Lease { until: until(lease.seconds), ..lease.clone() })))
            }
            Some(_) | None => Err(NOT_LEASED),
        },
        "change" => match held {
            Some(lease) if lease.id.eq_ignore_ascii_case(given) => {
                let id = asking.header("x-ms-proposed-lease-id").to_owned();
                Ok((200, Some(Lease { id, ..lease.clone() })))
            }
            Some(_) | None => Err(NOT_LEASED),
        },
        "release" => match &live.lease {
            Some(lease) if lease.id.eq_ignore_ascii_case(given) => Ok((200, None)),
            Some(_) | None => Err(NOT_LEASED),
        },
        "break" => Ok((202, None)),
        _ => Err(UNSUPPORTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_what_there_is() {
        assert_eq!(span("bytes=0-3", 10), Some((0, 4)));
        assert_eq!(span("bytes=8-", 10), Some((8, 10)));
        assert_eq!(span("bytes=8-99", 10), Some((8, 10)));
        assert_eq!(span("bytes=10-", 10), None);
        assert_eq!(span("bytes=0-18446744073709551615", 10), None);
    }
}
