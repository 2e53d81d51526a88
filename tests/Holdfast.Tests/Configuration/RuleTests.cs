
namespace Holdfast.Tests.Configuration;

public sealed class RuleTests : ConfigurationTest
{
    [Theory]
    [InlineData("http://0.0.0.0:8484")]
    [InlineData("http://[::]:8484")]
    [InlineData("http://192.168.1.7:8484")]
    public void A_listener_that_is_not_loopback_needs_access_to_be_open(string listener)
    {
        var refused = OnlyError($$"""{ "listen": ["{{listener}}"] }""");
        var allowed = Read($$"""{ "listen": ["{{listener}}"], "access": "open" }""");

        Assert.Equal($"listen (\"{listener}\") can be reached from other machines, and nothing asks callers "
            + "for a key: listen on 127.0.0.1, or write \"access\": \"open\" if everyone may call.", refused);
        Assert.Equal([listener], allowed.Listen);
    }

    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("http://127.8.9.10:8484")]
    [InlineData("http://[::1]:8484")]
    [InlineData("http://localhost:8484")]
    public void A_loopback_listener_needs_nothing(string listener) => Assert.Equal([listener], Read("{}", listener).Listen);

    [Fact]
    public void An_https_listener_needs_a_certificate()
    {
        var error = OnlyError("""{ "listen": ["https://127.0.0.1:8443"] }""");

        Assert.Equal("listen (\"https://127.0.0.1:8443\") needs a certificate: "
            + "add \"tls\": { \"certificate\": \"…\", \"key\": \"…\" }, or write http://.", error);
    }

    [Fact]
    public void A_certificate_with_its_key_is_taken()
    {
        var (certificate, key) = Certificates.SelfSigned();
        var certificateFile = WriteFile("a.crt", certificate);
        var keyFile = WriteFile("a.key", key);

        var options = Read("""{ "listen": ["https://127.0.0.1:8443"], "tls": { "certificate": "a.crt", "key": "a.key" } }""");

        Assert.Equal((certificateFile, keyFile), (options.Tls?.Certificate, options.Tls?.Key));
    }

    [Fact]
    public void A_certificate_that_does_not_go_with_the_key_is_an_error()
    {
        WriteFile("a.crt", Certificates.SelfSigned().Certificate);
        WriteFile("b.key", Certificates.SelfSigned().Key);

        var error = OnlyError("""{ "tls": { "certificate": "a.crt", "key": "b.key" } }""");

        Assert.Contains("are not a PEM certificate with its unencrypted private key", error);
    }

    [Fact]
    public void A_missing_part_of_tls_and_a_missing_file_are_errors()
    {
        var errors = Errors("""{ "tls": { "certificate": "none.crt" } }""");

        Assert.Equal(
            [
                $"tls.certificate (\"none.crt\") does not exist ({Folder}/none.crt): check the path; "
                    + "relative ones start at the configuration file.",
                "tls.key is missing: write \"key\": \"path/to/file.pem\".",
            ],
            errors);
    }

    [Fact]
    public void An_upstream_not_named_like_its_protocol_needs_a_credential_of_its_own()
    {
        var error = OnlyError("""{ "upstreams": { "my.nim": { "protocol": "openai", "baseUrl": "https://nim.example/v1" } } }""");

        Assert.Equal("upstreams.my.nim has no credential, and the client's own goes to \"openai\" only: "
            + "add \"credential\": { \"env\": \"MY_NIM_API_KEY\" }.", error);
    }

    [Fact]
    public void A_built_in_upstream_that_changes_its_protocol_needs_one_too()
    {
        var error = OnlyError("""{ "upstreams": { "anthropic": { "protocol": "openai", "baseUrl": "https://other.example/v1" } } }""");

        Assert.StartsWith("upstreams.anthropic has no credential", error);
    }

    [Theory]
    [InlineData(null, "names an environment variable that is not set: export it before the start.")]
    [InlineData(" ", "names an environment variable that is not set: export it before the start.")]
    [InlineData("sk-canary\n", "names an environment variable whose value begins or ends with a blank or holds a line break: set it again.")]
    public void A_credential_must_be_in_the_environment_and_its_value_is_never_shown(string? value, string expected)
    {
        if (value is not null)
        {
            Variable("NIM_KEY", value);
        }

        var error = OnlyError("""{ "upstreams": { "openai": { "credential": { "env": "NIM_KEY" } } } }""");

        Assert.Equal($"upstreams.openai.credential.env (\"NIM_KEY\") {expected}", error);
    }

    [Theory]
    [InlineData("\"sk-canary\"", "upstreams.openai.credential is not a section: write { \"env\": \"NAME_OF_A_VARIABLE\" }.")]
    [InlineData("{ \"env\": \"sk-canary\" }", "upstreams.openai.credential.env is not the name of an environment variable: put the secret into a variable and write its name.")]
    [InlineData("{ \"env\": \"hf_canary\" }", "upstreams.openai.credential.env names an environment variable that is not set: export it before the start.")]
    [InlineData("{}", "upstreams.openai.credential.env is missing: write \"env\": \"NAME_OF_A_VARIABLE\".")]
    public void A_secret_written_where_its_name_belongs_is_not_repeated(string credential, string expected)
    {
        var error = OnlyError($$"""{ "upstreams": { "openai": { "credential": {{credential}} } } }""");

        Assert.Equal(expected, error);
    }

    [Theory]
    [InlineData("api.example/v1", "(\"api.example/v1\") is not an absolute http or https URL: write it as \"https://api.example/v1\".")]
    [InlineData("ftp://api.example", "(\"ftp://api.example\") is not an absolute http or https URL: write it as \"https://host/v1\".")]
    [InlineData("https://me:canary@api.example", "(\"https://***@api.example\") holds a name or password: remove it and use credential.env.")]
    [InlineData("https://api.example?key=canary", "(\"https://api.example?…\") has a query or a fragment: remove it.")]
    public void A_base_URL_must_be_absolute_and_plain(string url, string expected)
    {
        var error = OnlyError($$"""{ "upstreams": { "openai": { "baseUrl": "{{url}}" } } }""");

        Assert.Equal($"upstreams.openai.baseUrl {expected}", error);
    }

    [Theory]
    [InlineData("sim", "has a reserved name: call the upstream something else than sim, admin, metrics, healthz, readyz.")]
    [InlineData("Metrics", "has a reserved name: call the upstream something else than sim, admin, metrics, healthz, readyz.")]
    [InlineData("my nim", "has a name that cannot stand in a header: use letters, digits, \"-\", \"_\" and \".\" only.")]
    public void A_name_that_is_reserved_or_cannot_stand_in_a_header_is_an_error(string name, string expected)
    {
        var error = OnlyError($$"""{ "upstreams": { "{{name}}": { "protocol": "openai", "baseUrl": "https://nim.example/v1" } } }""");

        Assert.Equal($"upstreams.{name} {expected}", error);
    }

    [Fact]
    public void The_files_of_an_upstream_must_hold_what_they_should()
    {
        WriteFile("empty.pem", "");
        WriteFile("a.key", Certificates.SelfSigned().Key);

        var errors = Errors("""
            { "upstreams": {
              "anthropic": { "caFile": "empty.pem" },
              "openai": { "clientKey": "a.key", "proxy": "proxy:3128" },
              "gemini": { "clientCertificate": "a.key" } } }
            """);

        Assert.Collection(
            errors,
            error => Assert.EndsWith("holds no certificate: name a PEM file with BEGIN CERTIFICATE in it.", error),
            error => Assert.Equal("upstreams.openai.proxy (\"proxy:3128\") is not a proxy: write it as \"http://proxy:3128\", or \"off\".", error),
            error => Assert.EndsWith("has no certificate: name it in clientCertificate.", error),
            error => Assert.Contains("are not a PEM certificate with its unencrypted private key", error));
    }

    [Fact]
    public void An_upstream_that_is_neither_a_section_nor_false_is_an_error()
    {
        var error = OnlyError("""{ "upstreams": { "anthropic": true } }""");

        Assert.Equal("upstreams.anthropic is not an upstream: write { \"protocol\": \"anthropic\", \"openai\" or \"gemini\", "
            + "\"baseUrl\": \"https://host/v1\" }, or false to switch it off.", error);
    }
}
