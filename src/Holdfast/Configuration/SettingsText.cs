using System.Security.Cryptography;
using System.Text.Json;
using Holdfast.Configuration.Settings;

namespace Holdfast.Configuration;

/// <summary>Settings as <c>holdfast config</c> prints them, without secrets: what tells two configurations apart.</summary>
/// <param name="json">The JSON.</param>
internal sealed class SettingsText(byte[] json)
{
    /// <summary>The JSON.</summary>
    public ReadOnlyMemory<byte> Json => json;

    /// <summary>The SHA-256 of the JSON, in hexadecimal digits.</summary>
    public string Digest { get; } = Convert.ToHexStringLower(SHA256.HashData(json));

    public static SettingsText Of(HoldfastOptions options)
    {
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, JsonForPeople.Indented))
        {
            SettingsTable.Root.Write(writer, options);
        }

        return new(text.ToArray());
    }

    /// <summary>The paths of the settings that differ, in the order of the reference: a list counts as one setting, and so does
    /// a section that only one of both has.</summary>
    public IReadOnlyList<string> DifferencesTo(SettingsText other)
    {
        using var one = JsonDocument.Parse(json);
        using var two = JsonDocument.Parse(other.Json);
        var paths = new List<string>();
        Compare(one.RootElement, two.RootElement, "", paths);
        return paths;
    }

    private static void Compare(JsonElement one, JsonElement two, string path, List<string> paths)
    {
        if (one.ValueKind != JsonValueKind.Object || two.ValueKind != JsonValueKind.Object)
        {
            if (!JsonElement.DeepEquals(one, two))
            {
                paths.Add(path);
            }

            return;
        }

        foreach (var member in one.EnumerateObject())
        {
            var below = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
            if (two.TryGetProperty(member.Name, out var its))
            {
                Compare(member.Value, its, below, paths);
            }
            else
            {
                paths.Add(below);
            }
        }

        paths.AddRange(two.EnumerateObject()
            .Where(member => !one.TryGetProperty(member.Name, out _))
            .Select(member => path.Length == 0 ? member.Name : $"{path}.{member.Name}"));
    }
}
