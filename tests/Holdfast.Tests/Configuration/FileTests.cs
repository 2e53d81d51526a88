using System.Runtime.Versioning;
using Holdfast.Configuration;

namespace Holdfast.Tests.Configuration;

public sealed class FileTests : ConfigurationTest
{
    [Fact]
    public void Comments_trailing_commas_a_byte_order_mark_and_a_schema_are_allowed()
    {
        var options = Read("\uFEFF" + """
            {
              "$schema": "docs/holdfast.schema.json", // for the editor
              /* a loopback port of our own */
              "listen": ["http://localhost:9000",],
            }
            """);

        Assert.Equal(["http://localhost:9000"], options.Listen);
    }

    [Fact]
    public void The_default_file_lies_in_the_home_and_need_not_exist()
    {
        var path = WriteFile("holdfast.json", """{ "debug": true }""");

        var result = HoldfastConfiguration.Load(Sources());

        Assert.True(result.Options.Debug);
        Assert.Equal(path, result.File);
    }

    [Fact]
    public void A_file_named_on_the_command_line_must_exist()
    {
        var missing = Path.Combine(Folder, "missing.json");

        var result = HoldfastConfiguration.Load(Sources() with { ConfigFile = missing });

        Assert.Equal($"--config (\"{missing}\") cannot be read: there is no such file.", Assert.Single(result.Errors).Message);
    }

    [Fact]
    public void A_relative_path_starts_at_the_folder_of_the_file()
    {
        var roots = WriteFile("roots.pem", Certificates.SelfSigned().Certificate);
        var file = WriteFile("other.json", """{ "upstreams": { "anthropic": { "caFile": "roots.pem" } } }""");

        var result = HoldfastConfiguration.Load(Sources() with { ConfigFile = file });

        Assert.Empty(result.Errors);
        Assert.Equal(roots, result.Options.Upstreams["anthropic"].CaFile);
    }

    [Fact]
    public void Broken_JSON_is_reported_with_line_and_column()
    {
        var error = OnlyError("{\n  \"listen\": [\n  oops ]\n}");

        Assert.StartsWith("The file is not valid JSON at line 3, column 3: ", error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("// nothing")]
    [InlineData("{ \"debug\": true")]
    [InlineData("{} {}")]
    public void A_file_that_is_no_whole_document_is_an_error(string text) =>
        Assert.StartsWith("The file is not valid JSON at line 1, column ", OnlyError(text));

    [Fact]
    public void A_document_that_is_no_object_is_an_error() =>
        Assert.Equal("The file is not a JSON object: begin it with { and end it with }.", OnlyError("[]"));

    [Fact]
    public void A_setting_given_twice_is_an_error_with_its_line()
    {
        var result = HoldfastConfiguration.Load(Sources("{ \"timeouts\": {\n\"connect\": null,\n\"connect\": \"off\" } }"));

        Assert.Equal("line 3: timeouts.connect is given twice: keep one of them.", Assert.Single(result.Errors).ToString());
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void The_home_is_made_for_its_user_alone()
    {
        var home = Path.Combine(Folder, "home");

        var problem = HoldfastHome.Create(home);

        Assert.Null(problem);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(home));
    }

    [Fact]
    public void A_home_that_cannot_be_made_is_an_error_that_names_it()
    {
        var taken = WriteFile("taken", "");

        var problem = HoldfastHome.Create(Path.Combine(taken, "home"));

        Assert.Contains("HOLDFAST_HOME (\"", problem?.Message);
    }

    [Fact]
    public void The_home_is_the_variable_or_a_folder_of_the_user()
    {
        var chosen = HoldfastHome.Find(new Dictionary<string, string> { ["HOLDFAST_HOME"] = "/srv/holdfast", ["HOME"] = "/home/me" });
        var usual = HoldfastHome.Find(new Dictionary<string, string> { ["HOME"] = "/home/me" });

        Assert.Equal("/srv/holdfast", chosen);
        Assert.Equal("/home/me/.holdfast", usual);
    }
}
