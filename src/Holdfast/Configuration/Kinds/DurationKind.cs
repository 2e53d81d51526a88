using System.Globalization;
using System.Text.Json;
using Holdfast.Configuration.Sources;

namespace Holdfast.Configuration.Kinds;

/// <summary>A duration written <c>hh:mm:ss</c>; <see cref="Timeout.InfiniteTimeSpan"/> for <c>"off"</c>.</summary>
internal sealed class DurationKind(bool mayBeOff) : ValueKind<TimeSpan>
{
    // Timers cannot wait longer than about 24.8 days.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    public static DurationKind Always { get; } = new(mayBeOff: false);

    public static DurationKind OrOff { get; } = new(mayBeOff: true);

    public override string Name => mayBeOff ? "duration or `\"off\"`" : "duration";

    public override string Example => "\"00:00:10\"";

    public static string Format(TimeSpan duration)
    {
        if (duration == Timeout.InfiniteTimeSpan)
        {
            return "off";
        }

        var text = duration.ToString("c", CultureInfo.InvariantCulture);
        return text.Contains('.', StringComparison.Ordinal) && text.IndexOf('.') > 5 ? text.TrimEnd('0') : text;
    }

    public override Parsed<TimeSpan> Read(SettingNode node, SettingsReading reading) => node switch
    {
        ValueNode { Form: ValueForm.Text or ValueForm.Untyped, Text: "off" } => mayBeOff
            ? Right(Timeout.InfiniteTimeSpan)
            : Wrong("cannot be switched off: write a duration, or leave it out."),
        ValueNode { Form: ValueForm.Text or ValueForm.Untyped } value when TryParse(value.Text, out var duration) =>
            InRange(duration),
        ValueNode value => Wrong($"is not a duration: write it as \"{Guess(value.Text)}\"{OrOffHint(value)}."),
        _ => Wrong("is not a duration: write it as \"00:00:10\"."),
    };

    public override void Write(Utf8JsonWriter json, object value) => json.WriteStringValue(Format((TimeSpan)value));

    public override void WriteSchema(Utf8JsonWriter json)
    {
        WriteTypes(json, "string");
        const string Clock = @"(\d+\.)?\d{1,2}:\d{1,2}:\d{1,2}(\.\d{1,7})?";
        json.WriteString("pattern", mayBeOff ? $"^(off|{Clock})$" : $"^{Clock}$");
    }

    // Only with both colons: .NET takes "20" for twenty days.
    private static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        return text.AsSpan().Count(':') == 2
            && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out duration);
    }

    private static Parsed<TimeSpan> InRange(TimeSpan duration)
    {
        if (duration < Shortest)
        {
            return Wrong($"is too short: write at least \"{Format(Shortest)}\".");
        }

        return duration > Longest ? Wrong($"is too long: write at most \"{Format(Longest)}\".") : Right(duration);
    }

    private string OrOffHint(ValueNode value) => mayBeOff && value.Form is ValueForm.Boolean ? " or \"off\"" : "";

    // "20" and "20s" say what is meant: give it back in our form.
    private static string Guess(string text)
    {
        var digits = text.AsSpan().TrimEnd("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ");
        var unit = text.AsSpan(digits.Length).Trim().ToString().ToUpperInvariant();
        double? factor = unit switch
        {
            "MS" => 0.001,
            "" or "S" or "SEC" or "SECOND" or "SECONDS" => 1,
            "M" or "MIN" or "MINUTE" or "MINUTES" => 60,
            "H" or "HOUR" or "HOURS" => 3600,
            "D" or "DAY" or "DAYS" => 86400,
            _ => null,
        };
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            && count * factor is > 0 and < 2_000_000 and var seconds
                ? Format(TimeSpan.FromMilliseconds(Math.Round(seconds * 1000)))
                : "00:00:10";
    }
}
