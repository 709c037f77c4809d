//! Encryption: the server's certificate must come from the authority given and bear its name.

use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres_rustls::MakeRustlsConnect;
use tympan_core::error::{Code, Error};

use crate::line::Wire;

/// What makes encrypted connections; without an authority, none is ever made.
pub(crate) fn connector(authority: Option<&Path>) -> Result<MakeRustlsConnect, Error> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = authority {
        let unreadable = |what: String| {
            Error::new(Code::InvalidValue, format!("`{}`: {what}", path.display()))
                .with("field", "sslrootcert")
        };
        let certificates = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unreadable(error.to_string()))?;
        if certificates.is_empty() {
            return Err(unreadable("there is no certificate in it".to_owned()));
        }
        for certificate in certificates {
            roots
                .add(certificate)
                .map_err(|error| unreadable(error.to_string()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(Code::Internal, error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

type Inner = <MakeRustlsConnect as MakeTlsConnect<Wire>>::TlsConnect;

/// What the encrypted bytes of a line are read from and written to.
type Encrypted = <Inner as TlsConnect<Wire>>::Stream;

/// An encrypted stream that the driver logs in over, and that is there when it has done with it.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Option<Encrypted>>>);

impl Shared {
    /// The stream, if there was encryption at all. The driver finds nothing any more.
    pub(crate) fn take(&self) -> Option<Encrypted> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Encrypted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(
        &self,
        work: impl FnOnce(Pin<&mut Encrypted>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match &mut *self.lock() {
            Some(stream) => work(Pin::new(stream)),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl AsyncRead for Shared {
    fn poll_read(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_read(task, out))
    }
}

impl AsyncWrite for Shared {
    fn poll_write(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write(task, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_flush(task))
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_shutdown(task))
    }
}

impl TlsStream for Shared {
    fn channel_binding(&self) -> ChannelBinding {
        let stream = self.lock();
        let binding = stream.as_ref().map(TlsStream::channel_binding);
        binding.unwrap_or_else(ChannelBinding::none)
    }
}

/// Encrypts a line as the driver asks, to a server of a name.
pub(crate) struct Encrypting {
    inner: Inner,
    shared: Shared,
}

impl Encrypting {
    pub(crate) fn to(name: &str, connector: &MakeRustlsConnect) -> (Self, Shared) {
        let (mut connector, shared) = (connector.clone(), Shared::default());
        let Ok(inner) = MakeTlsConnect::<Wire>::make_tls_connect(&mut connector, name);
        let encrypting = Self {
            inner,
            shared: shared.clone(),
        };
        (encrypting, shared)
    }
}

impl TlsConnect<Wire> for Encrypting {
    type Stream = Shared;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Shared>>>>;

    fn connect(self, wire: Wire) -> Self::Future {
        Box::pin(async move {
            let stream = self.inner.connect(wire).await?;
            *self.shared.lock() = Some(stream);
            Ok(self.shared)
        })
    }
}
