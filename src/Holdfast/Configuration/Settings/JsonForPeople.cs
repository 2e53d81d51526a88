using System.Text.Encodings.Web;
using System.Text.Json;

namespace Holdfast.Configuration.Settings;

/// <summary>How JSON is written where people read it: no escapes that are not needed.</summary>
internal static class JsonForPeople
{
    public static JsonWriterOptions Compact { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonWriterOptions Indented { get; } =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true, NewLine = "\n" };
}
