using System.Globalization;
using System.Text.Json;
using Holdfast.Configuration.Sources;

namespace Holdfast.Configuration.Kinds;

/// <summary>A day, written <c>yyyy-mm-dd</c>.</summary>
internal sealed class DayKind : ValueKind<DateOnly>
{
    private const string Form = "yyyy-MM-dd";

    public static DayKind Instance { get; } = new();

    public override string Name => "day";

    public override string Example => "\"2026-12-01\"";

    public override Parsed<DateOnly> Read(SettingNode node, SettingsReading reading) =>
        node is ValueNode { Form: ValueForm.Text or ValueForm.Untyped } value
        && DateOnly.TryParseExact(value.Text, Form, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? Right(day)
            : Wrong($"is not a day: write it as {Example}.");

    public override void Write(Utf8JsonWriter json, object value) =>
        json.WriteStringValue(((DateOnly)value).ToString(Form, CultureInfo.InvariantCulture));

    public override void WriteSchema(Utf8JsonWriter json)
    {
        WriteTypes(json, "string");
        json.WriteString("pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
    }
}
