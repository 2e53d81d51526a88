using System.Text.Json.Nodes;
using Holdfast.Configuration;

namespace Holdfast.Tests.Reload;

/// <summary>Two configurations are told apart by their settings, one by one.</summary>
public sealed class SettingsTextTests
{
    /// <summary>Everything there is to be set, with another value than by default.</summary>
    private const string Everything = """
        {
          "listen": ["http://127.0.0.1:1"], "access": "open", "allowedHosts": ["a.example"], "allowedOrigins": ["https://a.example"],
          "upstreams": { "second": { "protocol": "openai", "baseUrl": "https://a.example", "credential": { "env": "KEY" } } },
          "routes": [{ "model": "a", "candidates": ["openai"] }],
          "failover": {
            "retries": 2, "maxAttempts": 3, "waitForLimits": "00:00:07", "cooldown": { "enabled": false },
            "affinity": { "enabled": false, "ttl": "00:07:00" }, "storms": { "enabled": false, "limit": 7, "window": "00:00:07" },
            "rules": [{ "match": "a", "reason": "billing" }]
          },
          "journal": {
            "enabled": false, "resume": false, "linger": "00:00:07", "keep": "00:00:07", "maxTurnBytes": 100000, "maxBytes": 2000000,
            "maxDiskBytes": 7
          },
          "recording": {
            "enabled": false, "bodies": "messages", "redactHeaders": ["x-a"], "redactPatterns": ["a+"], "maxBodyBytes": 2000000,
            "retentionDays": 7, "fsyncInterval": "00:00:07", "maxWaitingBytes": 2000000
          },
          "errors": "verbatim",
          "streaming": {
            "keepAliveAfter": "00:00:07", "openEarlyAfter": "00:00:07", "stallAfter": "00:00:07",
            "keepAliveForms": { "messages": "blank", "chat": "blank", "responses": "blank", "gemini": "comment" }
          },
          "timeouts": { "connect": "00:00:07", "firstByte": "00:00:07", "request": "00:00:07", "total": "00:00:07", "drain": "00:00:07" },
          "deny": { "fields": ["a"], "headers": ["x-a"] },
          "limits": { "requestBody": 7, "requestHeaders": 2048, "requestHeadersTimeout": "00:00:07", "keepAlive": "00:00:07" },
          "prices": [{ "model": "a", "input": 1, "output": 2 }],
          "debug": true
        }
        """;

    [Fact]
    public void Each_setting_alone_makes_a_difference_that_bears_its_name()
    {
        var all = JsonNode.Parse(Everything)!.AsObject();
        var none = SettingsText.Of(Load("{}"));
        var seen = new List<string>();
        foreach (var (path, alone) in Leaves(all, ""))
        {
            var text = SettingsText.Of(Load(alone.ToJsonString()));

            Assert.Equal([path], none.DifferencesTo(text));
            Assert.NotEqual(none.Digest, text.Digest);
            seen.Add(path);
        }

        // Whatever is added to the table of settings is to be added here.
        Assert.Equal(SettingsOfTheTable(), seen.Select(path => path.StartsWith("upstreams.", StringComparison.Ordinal) ? "upstreams" : path));
    }

    [Fact]
    public void Equal_settings_make_no_difference_however_they_are_written()
    {
        var one = SettingsText.Of(Load("""{ "errors": "profile", "timeouts": { "total": "off" } }"""));
        var two = SettingsText.Of(Load("""{ "timeouts": { "total": "off" } /* a comment */ }"""));

        Assert.Empty(one.DifferencesTo(two));
        Assert.Equal(one.Digest, two.Digest);
    }

    [Fact]
    public void Sections_that_come_and_go_are_named_as_one()
    {
        var none = SettingsText.Of(Load("{}"));
        var some = SettingsText.Of(Load("""{ "upstreams": { "openai": false, "gemini": { "proxy": "off" } } }"""));

        Assert.Equal(["upstreams.openai", "upstreams.gemini.proxy"], none.DifferencesTo(some));
        Assert.Equal(["upstreams.gemini.proxy", "upstreams.openai"], some.DifferencesTo(none));
    }

    private static HoldfastOptions Load(string text) => HoldfastConfiguration.Load(new() { Home = "/none", Text = text }).Options;

    // Each value by itself, in the sections it stands in.
    private static IEnumerable<(string Path, JsonObject Alone)> Leaves(JsonObject section, string path)
    {
        foreach (var (name, value) in section)
        {
            var here = path.Length == 0 ? name : $"{path}.{name}";
            if (value is JsonObject below && path != "upstreams")
            {
                foreach (var (leaf, alone) in Leaves(below, here))
                {
                    yield return (leaf, new() { [name] = alone });
                }
            }
            else
            {
                yield return (here, new() { [name] = value!.DeepClone() });
            }
        }
    }

    private static IEnumerable<string> SettingsOfTheTable() => LeavesOf(SettingsTable.Root.Describe(new()), "")
        .Where(path => !path.StartsWith("tls", StringComparison.Ordinal));

    private static IEnumerable<string> LeavesOf(IReadOnlyList<Holdfast.Configuration.Settings.SettingDescription> settings, string path) =>
        settings.SelectMany(setting =>
        {
            var here = path.Length == 0 ? setting.Name : $"{path}.{setting.Name}";
            return setting is { IsMap: false, IsList: false, Children.Count: > 0 } ? LeavesOf(setting.Children, here) : [here];
        });
}
