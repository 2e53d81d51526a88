using Holdfast.Configuration;
using System.Text.Json;
using Holdfast.Cli;
using Holdfast.Configuration.Settings;
using Holdfast.Wire.Errors;

namespace Holdfast.Tests.Architecture;

/// <summary>The documents that are generated say what the code says, and of everything.</summary>
public sealed class GeneratedDocumentTests
{
    [Theory]
    [InlineData("config.md")]
    [InlineData("holdfast.schema.json")]
    [InlineData("schema.md")]
    [InlineData("cli.md")]
    [InlineData("errors.md")]
    public void A_generated_document_is_what_the_code_says(string name)
    {
        var written = Path.Combine(Repository.Root, "docs", name);

        var generated = DocsCommand.Documents()[name];

        Assert.True(
            File.Exists(written) && File.ReadAllText(written) == generated,
            $"docs/{name} is stale: run `./holdfast docs --out docs` and commit the result.");
    }

    [Fact]
    public void Every_setting_has_a_meaning_in_the_reference()
    {
        var reference = DocsCommand.Documents()["config.md"];

        var values = All(SettingsTable.Root.Describe(new())).Where(setting => setting.Children.Count == 0);
        Assert.All(values, setting => Assert.Contains($"\n| `{setting.Name}`", reference));
    }

    [Fact]
    public void Every_property_of_the_options_is_a_setting()
    {
        var known = All(SettingsTable.Root.Describe(new())).ToLookup(setting => setting.Owner, setting => setting.Name);

        var forgotten = known
            .SelectMany(owner => owner.Key.GetProperties())
            .Where(property => property.CanWrite)
            .Where(property => !known[property.DeclaringType!].Contains(property.Name, StringComparer.OrdinalIgnoreCase));

        Assert.Empty(forgotten);
    }

    [Fact]
    public void Every_error_code_has_an_entry()
    {
        var page = DocsCommand.Documents()["errors.md"];

        Assert.All(ErrorCodes.All, code => Assert.Contains($"\n### {code.Name}\n", page));
    }

    [Fact]
    public void The_settings_in_force_name_what_the_schema_names()
    {
        using var schema = JsonDocument.Parse(DocsCommand.Documents()["holdfast.schema.json"]);
        var properties = schema.RootElement.GetProperty("properties");

        Assert.All(
            SettingsTable.Root.Describe(new()),
            setting => Assert.True(properties.TryGetProperty(setting.Name, out _), setting.Name));
    }

    private static IEnumerable<SettingDescription> All(IReadOnlyList<SettingDescription> settings) =>
        settings.SelectMany(setting => All(setting.Children).Prepend(setting));
}
