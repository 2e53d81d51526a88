namespace Holdfast.Tests.Configuration;

public sealed class CredentialSettingTests : ConfigurationTest
{
    public CredentialSettingTests()
    {
        Variable("KEY_A", "a");
        Variable("KEY_B", "b");
    }

    [Fact]
    public void Several_credentials_take_the_place_of_one()
    {
        var options = Read("""
            { "upstreams": { "second": {
                "protocol": "anthropic", "baseUrl": "https://second.example",
                "credentials": [{ "env": "KEY_A" }, { "env": "KEY_B" }] } } }
            """);

        Assert.Null(options.Upstreams["second"].Credential);
        Assert.Equal(["KEY_A", "KEY_B"], options.Upstreams["second"].Credentials.Select(credential => credential.Env));
    }

    [Theory]
    [InlineData("\"credentials\": []", " is empty: name at least one, or leave it out.")]
    [InlineData("\"credentials\": { \"env\": \"KEY_A\" }", " is not a list: write it as [{ \"env\": \"NAME_OF_A_VARIABLE\" }].")]
    [InlineData("\"credentials\": \"sk-canary\"", " is not a list: write it as [{ \"env\": \"NAME_OF_A_VARIABLE\" }].")]
    [InlineData("\"credentials\": [\"sk-canary\"]", "[0] is not a section: write { \"env\": \"NAME_OF_A_VARIABLE\" }.")]
    [InlineData("\"credentials\": [{}]", "[0].env is missing: write \"env\": \"NAME_OF_A_VARIABLE\".")]
    [InlineData("\"credentials\": [{ \"env\": \"KEY_A\" }, { \"env\": \"sk-canary\" }]", "[1].env is not the name of an environment variable: put the secret into a variable and write its name.")]
    [InlineData("\"credentials\": [{ \"env\": \"KEY_A\" }, { \"env\": \"KEY_C\" }]", "[1].env (\"KEY_C\") names an environment variable that is not set: export it before the start.")]
    [InlineData("\"credentials\": [{ \"env\": \"KEY_A\" }, { \"env\": \"KEY_B\" }, { \"env\": \"KEY_A\" }]", "[2].env (\"KEY_A\") is given twice: keep one of them.")]
    [InlineData("\"credentials\": [{ \"env\": \"KEY_A\" }], \"credential\": { \"env\": \"KEY_B\" }", " is given beside credential: put all of them into one list.")]
    public void Wrong_credentials_are_one_error_that_shows_no_secret(string member, string expected)
    {
        var error = OnlyError($$"""
            { "upstreams": { "second": { "protocol": "anthropic", "baseUrl": "https://second.example", {{member}} } } }
            """);

        Assert.Equal("upstreams.second.credentials" + expected, error);
    }
}
