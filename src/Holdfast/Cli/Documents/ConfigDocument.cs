using System.Text;
using Holdfast.Configuration;
using Holdfast.Configuration.Settings;
using Holdfast.Configuration.Sources;

namespace Holdfast.Cli.Documents;

/// <summary>Writes <c>docs/config.md</c>: every setting, from the table of settings and the doc comments.</summary>
internal static class ConfigDocument
{
    private const string Introduction = """
        # Configuration

        Holdfast runs without any configuration. What you want otherwise goes into `holdfast.json` in `HOLDFAST_HOME`
        (default `~/.holdfast`), or into the file named by `--config`. It is JSON; comments and trailing commas are
        allowed. Name the [schema](holdfast.schema.json) in `"$schema"` and an editor completes and checks it.

        ```jsonc
        {
          "listen": ["http://127.0.0.1:8484"],
          "upstreams": {
            "anthropic": { "baseUrl": "https://api.anthropic.com" },  // built in; only what you give is changed
            "nim": { "protocol": "openai", "baseUrl": "https://nim.example/v1", "credential": { "env": "NIM_KEY" } },
            "second": { "protocol": "anthropic", "baseUrl": "https://second.example", "credentials": [{ "env": "KEY_A" }, { "env": "KEY_B" }] },
            "gemini": false,                                          // switches a built-in one off
          },
          "routes": [
            { "model": "claude-*", "candidates": ["anthropic", "second"] },  // asked in this order
            {
              "model": "fast",                                        // an alias
              "candidates": [{ "upstream": "anthropic", "model": "claude-haiku-4-5", "weight": 2 }, "second/claude-haiku-4-5"],
            },
          ],
          "failover": { "rules": [{ "match": "my provider's odd text", "reason": "overloaded" }] },
          "streaming": { "keepAliveAfter": "00:00:10", "openEarlyAfter": null, "stallAfter": "00:05:00" },
        }
        ```

        The stronger wins: command line, then `HOLDFAST__SECTION__KEY`, then `STREAM_TIMEOUT`, `REQUEST_TIMEOUT`,
        `CONNECT_TIMEOUT` and `DEBUG`, then the file, then the defaults.

        - A duration is written `"hh:mm:ss"`, with days and fractions if need be: `"1.00:00:00"`, `"00:00:00.250"`.
          It is between 10 ms and 24 days.
        - `null` means the default. `"off"` switches off what may be switched off.
        - A relative path starts at the folder of the file; `~/` is your home.
        - In a variable a list is separated by commas, `false` switches an upstream off, names are not case-sensitive,
          and `_` stands for `-` and `.` in an upstream's name. An empty variable counts as not set.
        - Lists of sections (headed `…[]` below) stand in the file only: a variable for one, or for a part of one, is an error.
        - Every error is reported at the start, not only the first one; a name that is not listed here is an error.
          `holdfast config` checks without starting and prints the settings in force, and their digest.
        - A changed file is read again while the gateway runs; only `listen`, `access` and `tls` wait for a restart
          ([reload](operations/reload.md)).

        """;

    public static string Write(DocComments comments)
    {
        var page = new StringBuilder($"{GeneratedDocuments.Notice}\n{Introduction.ReplaceLineEndings("\n")}");
        WriteSection(page, "", "The top of the file", "", SettingsTable.Root.Describe(new()), comments);
        return page.ToString();
    }

    private static void WriteSection(
        StringBuilder page, string path, string title, string meaning,
        IReadOnlyList<SettingDescription> settings, DocComments comments)
    {
        page.Append($"\n## {title}\n\n");
        if (meaning.Length > 0)
        {
            page.Append($"{meaning}\n\n");
        }

        var names = IsInList(path) ? "setting" : "setting, variable";
        page.Append($"| {names} | value | default | meaning |\n|---|---|---|---|\n");
        foreach (var setting in settings.Where(setting => setting.Children.Count == 0))
        {
            WriteRow(page, path, setting, comments);
        }

        foreach (var section in settings.Where(setting => setting.Children.Count > 0))
        {
            var below = section.PathBelow(path);
            var about = Markdown.Text(comments.OfSetting(section.Owner, section.Name));
            WriteSection(page, below, $"`{below}`", about, section.Children, comments);
        }
    }

    private static void WriteRow(StringBuilder page, string path, SettingDescription setting, DocComments comments)
    {
        var variable = IsInList(path)
            ? ""
            : $"<br>`{EnvironmentSettings.VariableOf(SettingsReading.Join(path, setting.Name))}`";
        var standard = setting switch
        {
            { IsRequired: true } => "required",
            { Default: null or "null" } => "",
            _ => $"`{setting.Default}`",
        };
        var meaning = Markdown.Text(comments.OfSetting(setting.Owner, setting.Name));
        page.Append($"| `{setting.Name}`{variable} | {setting.Kind} | {standard} | {meaning} |\n");
    }

    // A variable cannot hold a list of sections, nor anything in one.
    private static bool IsInList(string path) => path.Contains("[]", StringComparison.Ordinal);
}
