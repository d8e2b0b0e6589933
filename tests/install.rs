//! Modules from outside, installed by the built binary from servers on loopback and from a repository on disk.
//!
//! Invariant: a server that a test starts ends with it; nobody else is asked for anything.

#![expect(clippy::unwrap_used, reason = "a test that cannot start its servers or the binary has failed")]

use std::collections::HashMap;
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A folder with a configuration, and the servers that it may ask.
struct World {
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    issuer: Issuer<'static, KeyPair>,
}

/// A server: what it answers, and what it was asked.
struct Server {
    address: String,
    pages: Arc<Mutex<HashMap<String, Page>>>,
    /// Path and `Authorization` of each request.
    asked: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone, Default)]
struct Page {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// What `Authorization` must be; else the answer is 401 with this challenge.
    needs: Option<(String, String)>,
}

/// Accepts connections with TLS; one that fails is the client's affair.
struct Secured {
    plain: TcpListener,
    tls: TlsAcceptor,
}

impl axum::serve::Listener for Secured {
    type Io = TlsStream<TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, peer)) = self.plain.accept().await else { continue };
            if let Ok(stream) = self.tls.accept(stream).await {
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.plain.local_addr()
    }
}

impl World {
    fn with(files: &[(&str, &str)]) -> World {
        let folder = tempfile::tempdir().unwrap();
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = parameters.self_signed(&key).unwrap();
        std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        let world = World {
            folder,
            runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap(),
            issuer: Issuer::new(parameters, key),
        };
        files.iter().for_each(|(name, text)| world.write(name, text));
        world
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn server(&self) -> Server {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new(vec!["127.0.0.1".into()]).unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let plain = self.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = plain.local_addr().unwrap().to_string();
        let (pages, asked) =
            (Arc::<Mutex<HashMap<String, Page>>>::default(), Arc::<Mutex<Vec<String>>>::default());
        let shared = (pages.clone(), asked.clone());
        let router = Router::new().fallback(move |request: Request| {
            let (pages, asked) = shared.clone();
            async move { answer(&pages, &asked, &request) }
        });
        let listener = Secured { plain, tls: TlsAcceptor::from(Arc::new(config)) };
        self.runtime.spawn(async move { axum::serve(listener, router).await });
        Server { address, pages, asked }
    }

    fn aksel(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_aksel"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", std::env::var("PATH").unwrap())
            .env("SSL_CERT_FILE", self.folder.path().join("ca.pem"))
            .output()
            .unwrap()
    }

    /// What `get` prints, with its exit code; ports and the folder are named.
    fn get(&self, arguments: &[&str]) -> String {
        let output = self.aksel(&[&["get"], arguments].concat());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let folder = self.folder.path().display().to_string();
        let all =
            format!("{}{}exit {}", text(&output.stdout), text(&output.stderr), output.status.code().unwrap());
        all.replace(&folder, "<folder>")
    }

    fn manifest(&self) -> String {
        let path = self.folder.path().join(".terraform/modules/modules.json");
        let text = std::fs::read_to_string(path).unwrap();
        text.replace(&self.folder.path().display().to_string(), "<folder>")
    }

    /// What lies in the folder of installed modules.
    fn installed(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join(".terraform/modules")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn answer(pages: &Mutex<HashMap<String, Page>>, asked: &Mutex<Vec<String>>, request: &Request) -> Response {
    let given = request.headers().get("authorization").map_or("-", |value| value.to_str().unwrap());
    let path = request.uri().path_and_query().unwrap().as_str();
    asked.lock().unwrap().push(format!("{path} {given}"));
    let Some(page) = pages.lock().unwrap().get(path).cloned() else {
        return Response::builder().status(404).body(Body::from("there is nothing")).unwrap();
    };
    if let Some((_, challenge)) = page.needs.filter(|(needed, _)| needed != given) {
        let refused = Response::builder().status(401).header("www-authenticate", challenge);
        return refused.body(Body::empty()).unwrap();
    }
    let mut response = Response::builder().status(page.status);
    for (name, value) in page.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(page.body)).unwrap()
}

impl Server {
    fn put(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    fn text(&self, path: &str, body: impl Into<Vec<u8>>) {
        self.put(path, Page { status: 200, body: body.into(), ..Page::default() });
    }

    fn redirect(&self, path: &str, to: &str) {
        self.put(path, Page { status: 302, headers: vec![("location", to.to_owned())], ..Page::default() });
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn tar_gz(files: &[(&str, &str)]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut archive = tar::Builder::new(gzip);
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        archive.append(&header, text.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn call(name: &str, source: &str) -> String {
    format!("module \"{name}\" {{\n  source = \"{source}\"\n}}\n")
}

/// A package with a module in it that calls another.
fn network() -> Vec<u8> {
    tar_gz(&[
        ("net-1/main.tf", &call("inner", "../net-1/sub/inner")),
        ("net-1/sub/main.tf", "output \"o\" {\n  value = 1\n}\n"),
        ("net-1/sub/inner/main.tf", ""),
    ])
}

#[test]
fn a_registry_is_asked_with_its_token_and_nobody_else_hears_it() {
    let world = World::with(&[]);
    let (registry, files) = (world.server(), world.server());
    registry.text("/.well-known/terraform.json", r#"{"modules.v1":"/modules/"}"#);
    registry.text(
        "/modules/ml/network/azurerm/versions",
        r#"{"modules":[{"versions":[{"version":"1.0.0"},{"version":"1.2.0"},{"version":"1.3.0-beta"},{"version":"2.0.0"}]}]}"#,
    );
    let located = format!("https://{}/network.tar.gz//net-*?archive=tar.gz", files.address);
    let headers = vec![("x-terraform-get", located.clone())];
    registry
        .put("/modules/ml/network/azurerm/1.2.0/download", Page { status: 204, headers, ..Page::default() });
    registry.text("/modules/ml/network/azurerm/2.0.0/download", format!(r#"{{"location":"{located}"}}"#));
    files.redirect("/network.tar.gz", "/moved.tar.gz");
    files.text("/moved.tar.gz", network());
    let host = &registry.address;
    world.write(".terraformrc", &format!("credentials \"{host}\" {{\n  token = \"s3cret\"\n}}\n"));
    let source = format!("{host}/ml/network/azurerm");
    let versioned = |version: &str| {
        format!(
            "module \"net\" {{\n  source  = \"{source}\"\n  version = \"{version}\"\n}}\n{}",
            call("sub", &format!("{source}//sub"))
        )
    };
    world.write("main.tf", &versioned("~> 1.0"));
    assert_eq!(
        world.get(&[]),
        format!(
            "Downloading {source} 1.2.0 for net...\n- net in .terraform/modules/net/net-1\n- net.inner in .terraform/modules/net/net-1/sub/inner\n\
             Downloading {source} 2.0.0 for sub...\n- sub in .terraform/modules/sub/net-1/sub\nexit 0"
        )
    );
    assert_eq!(
        registry.asked(),
        [
            "/.well-known/terraform.json Bearer s3cret",
            "/modules/ml/network/azurerm/versions Bearer s3cret",
            "/modules/ml/network/azurerm/1.2.0/download Bearer s3cret",
            "/modules/ml/network/azurerm/2.0.0/download Bearer s3cret",
        ]
    );
    assert_eq!(files.asked(), ["/network.tar.gz -", "/moved.tar.gz -"], "one package is fetched once");
    assert_eq!(
        world.manifest(),
        format!(
            r#"{{"Modules":[{{"Key":"","Source":"","Dir":"."}},{{"Key":"net","Source":"{source}","Version":"1.2.0","Dir":".terraform/modules/net/net-1"}},{{"Key":"net.inner","Source":"./../net-1/sub/inner","Dir":".terraform/modules/net/net-1/sub/inner"}},{{"Key":"sub","Source":"{source}//sub","Version":"2.0.0","Dir":".terraform/modules/sub/net-1/sub"}}]}}"#
        )
        .replace("./../net-1", "../net-1")
    );

    assert_eq!(world.get(&[]), "exit 0", "what is installed is left alone");
    assert_eq!(registry.asked(), Vec::<String>::new());
    world.write("main.tf", &versioned("~> 2.0"));
    let validated = world.aksel(&["validate"]);
    let said = String::from_utf8_lossy(&validated.stderr).into_owned();
    assert!(
        said.contains("Module version requirements have changed") && said.contains("main.tf:3:13"),
        "{said}"
    );
    assert!(world.get(&[]).starts_with(&format!("Downloading {source} 2.0.0 for net...\n")));

    world.write("main.tf", &versioned("~> 9.0"));
    let refused = world.get(&[]);
    assert!(
        refused.contains("main.tf:1:1") && refused.contains("2.0.0, 1.3.0-beta, 1.2.0, 1.0.0"),
        "{refused}"
    );
    assert!(!refused.contains("s3cret"), "{refused}");
}

#[test]
fn a_token_does_not_follow_a_redirect_to_another_host() {
    let world = World::with(&[]);
    let (registry, other) = (world.server(), world.server());
    registry.text("/.well-known/terraform.json", r#"{"modules.v1":"/v1/"}"#);
    registry.redirect("/v1/a/b/c/versions", &format!("https://{}/versions", other.address));
    other.text("/versions", r#"{"modules":[{"versions":[{"version":"1.0.0"}]}]}"#);
    let host = &registry.address;
    world.write(".terraformrc", &format!("credentials \"{host}\" {{\n  token = \"s3cret\"\n}}\n"));
    world.write("main.tf", &call("m", &format!("{host}/a/b/c")));
    assert!(world.get(&[]).contains("404"), "the version cannot be downloaded");
    assert_eq!(other.asked(), ["/versions -"]);
}

#[test]
fn an_oci_registry_hands_out_a_token_that_its_storage_does_not_get() {
    let world = World::with(&[]);
    let (registry, storage) = (world.server(), world.server());
    let package = zip(&[("main.tf", "# root\n"), ("sub/main.tf", "# sub\n")]);
    let digest =
        format!("sha256:{}", Sha256::digest(&package).iter().map(|b| format!("{b:02x}")).collect::<String>());
    let realm = format!(
        "Bearer realm=\"https://{}/token\",service=\"r\",scope=\"repository:ml/net:pull\"",
        registry.address
    );
    let needs = Some(("Bearer t0ken".to_owned(), realm));
    let manifest = format!(
        r#"{{"schemaVersion":2,"artifactType":"application/vnd.opentofu.modulepkg","layers":[{{"mediaType":"archive/zip","digest":"{digest}","size":{}}}]}}"#,
        package.len()
    );
    let page = Page { status: 200, body: manifest.into_bytes(), needs: needs.clone(), ..Page::default() };
    registry.put("/v2/ml/net/manifests/v1", page);
    registry.text("/token?service=r&scope=repository%3Aml%2Fnet%3Apull", r#"{"token":"t0ken"}"#);
    let to = vec![("location", format!("https://{}/blob", storage.address))];
    let blob = format!("/v2/ml/net/blobs/{digest}");
    registry.put(&blob, Page { status: 307, headers: to, needs, ..Page::default() });
    storage.text("/blob", package);
    world.write("main.tf", &call("net", &format!("oci://{}/ml/net//sub?tag=v1", registry.address)));
    let said = world.get(&[]);
    assert!(said.ends_with("- net in .terraform/modules/net/sub\nexit 0"), "{said}");
    assert_eq!(storage.asked(), ["/blob -"]);
    assert_eq!(registry.asked().last(), Some(&format!("{blob} Bearer t0ken")));

    storage.text("/blob", zip(&[("main.tf", "# other\n")]));
    let said = world.get(&["-update"]);
    assert!(
        one_line(&said).contains("the content has the digest sha256:") && said.ends_with("exit 1"),
        "{said}"
    );
    let kept = std::fs::read_to_string(world.folder.path().join(".terraform/modules/net/main.tf")).unwrap();
    assert_eq!(kept, "# root\n", "what was installed is still there");
}

#[test]
fn an_archive_that_leads_out_leaves_nothing_behind() {
    let world = World::with(&[]);
    let files = world.server();
    files.text("/evil.tar.gz", tar_gz(&[("ok.tf", ""), ("../../../../evil.tf", "x")]));
    world.write("main.tf", &call("m", &format!("https://{}/evil.tar.gz", files.address)));
    let said = world.get(&[]);
    assert!(
        one_line(&said).contains("../../../../evil.tf leads out of the package") && said.ends_with("exit 1"),
        "{said}"
    );
    assert!(said.contains("main.tf:1:1"), "{said}");
    assert_eq!(world.installed(), ["modules.json"]);
    assert!(!world.folder.path().join("evil.tf").exists());
}

#[test]
fn an_address_that_is_no_archive_may_name_one() {
    let world = World::with(&[]);
    let files = world.server();
    files.text("/net?terraform-get=1", "<html><meta name=\"terraform-get\" content=\"/net.zip\"></html>");
    files.text("/net.zip", zip(&[("main.tf", "")]));
    files.text("/page?terraform-get=1", "<html></html>");
    let address = &files.address;
    let two = call("a", &format!("https://{address}/net")) + &call("b", &format!("https://{address}/page"));
    world.write("main.tf", &two);
    let said = world.get(&[]);
    assert!(said.contains("- a in .terraform/modules/a\n"), "{said}");
    assert!(one_line(&said).contains("it is no archive, and names no other address"), "{said}");
}

/// What was said, as if the terminal were wide enough for every sentence.
fn one_line(said: &str) -> String {
    said.replace("\n  ", " ")
}

/// Runs git as someone.
fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_repository_is_cloned_at_its_tag() {
    let world = World::with(&[
        ("repo/main.tf", "# one\n"),
        (
            "repo/sub/deep/main.tf",
            "module \"up\" {\n  source = \"../\"\n}\nmodule \"out\" {\n  source = \"../../../\"\n}\n",
        ),
        ("repo/sub/main.tf", ""),
    ]);
    let repository = world.folder.path().join("repo");
    git(&repository, &["init", "--quiet"]);
    git(&repository, &["add", "--all"]);
    git(&repository, &["commit", "--quiet", "--message=one"]);
    git(&repository, &["tag", "v1"]);
    world.write("repo/main.tf", "# two\n");
    git(&repository, &["commit", "--quiet", "--all", "--message=two"]);
    let address = format!("git::file://{}", repository.display());
    world.write(
        "main.tf",
        &(call("new", &address)
            + &call("old", &format!("{address}?ref=v1"))
            + &call("sub", &format!("{address}//sub/deep?depth=1&ref=v1"))),
    );
    let said = world.get(&[]);
    let shown = "git::file://<folder>/repo";
    let first = format!(
        "Downloading {shown} for new...\n- new in .terraform/modules/new\n\
         Downloading {shown}?ref=v1 for old...\n- old in .terraform/modules/old\n\
         Downloading {shown}?depth=1&ref=v1 for sub...\n- sub in .terraform/modules/sub/sub/deep\n- sub.up in .terraform/modules/sub/sub\n"
    );
    assert!(said.starts_with(&first), "{said}");
    assert!(said.contains("Local module path escapes module package"), "{said}");
    let read = |name: &str| {
        std::fs::read_to_string(world.folder.path().join(".terraform/modules").join(name)).unwrap()
    };
    assert_eq!((read("new/main.tf"), read("old/main.tf")), ("# two\n".into(), "# one\n".into()));
    assert!(
        world.manifest().contains(r#""Source":"git::file://<folder>/repo//sub/deep?depth=1\u0026ref=v1""#)
    );
}

#[test]
fn git_is_told_nothing_that_could_be_an_option_or_a_helper() {
    for (source, said) in [
        ("git::ext::sh -c 'touch pwned'", "the address is not valid"),
        ("git::http://127.0.0.1:1/x", "git is not used over"),
        ("git::file:///x?ref=--output=pwned", "is no branch, tag or commit"),
    ] {
        let world = World::with(&[("main.tf", &call("m", source))]);
        let shown = world.get(&[]);
        assert!(one_line(&shown).contains(said) && shown.ends_with("exit 1"), "{source}: {shown}");
        assert_eq!(world.installed(), ["modules.json"], "{source}");
    }
}

#[test]
fn a_link_in_a_repository_does_not_lead_out() {
    let world = World::with(&[("repo/main.tf", "")]);
    let repository = world.folder.path().join("repo");
    std::os::unix::fs::symlink("/etc/hostname", repository.join("stolen.tf")).unwrap();
    git(&repository, &["init", "--quiet"]);
    git(&repository, &["add", "--all"]);
    git(&repository, &["commit", "--quiet", "--message=one"]);
    world.write("main.tf", &call("m", &format!("git::file://{}", repository.display())));
    let said = world.get(&[]);
    assert!(one_line(&said).contains("stolen.tf leads out of the package"), "{said}");
    assert_eq!(world.installed(), ["modules.json"]);
}
