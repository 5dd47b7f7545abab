"""HChaCha20 is the standard's, and with ChaCha20-Poly1305 it makes XChaCha20-Poly1305."""

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt

from xmbl.crypto.hchacha import hchacha20


def test_hchacha20__the_drafts_vector__is_met():
    nonce = bytes.fromhex("000000090000004a0000000031415927")
    expected = "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"
    assert hchacha20(bytes(range(32)), nonce).hex() == expected


@given(
    st.binary(min_size=32, max_size=32), st.binary(min_size=24, max_size=24), st.binary(max_size=300),
    st.binary(max_size=20),
)  # fmt: skip
def test_hchacha20__before_chacha__is_what_libsodium_calls_xchacha(key, nonce, plain, authenticated):
    ours = ChaCha20Poly1305(hchacha20(key, nonce[:16])).encrypt(bytes(4) + nonce[16:], plain, authenticated)
    assert ours == crypto_aead_xchacha20poly1305_ietf_encrypt(plain, authenticated, nonce, key)
