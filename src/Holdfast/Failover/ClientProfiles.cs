using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Failover;

/// <summary>A failure as a client is told it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Type">The error's type, where another one is told than the upstream's.</param>
/// <param name="Code">The error's code, where another one is told than the upstream's.</param>
/// <param name="RetryAfter">When the client may come back, where it is told so.</param>
internal readonly record struct ToldFailure(int Status, string? Type, string? Code, TimeSpan? RetryAfter);

/// <summary>What makes a known client's own retries help, as data: <c>client-profiles.json</c>. Applied only to failures
/// that could not be absorbed. Pure.</summary>
internal static class ClientProfiles
{
    private static readonly ClientProfile[] All = Load();

    /// <summary>The failure as a client is to be told it; unchanged where nothing is known of the client.</summary>
    /// <param name="client">The name it gives itself; Codex goes by <c>codex</c> whatever its program is called.</param>
    /// <param name="told">The failure as the upstream told it.</param>
    /// <param name="verdict">What it means.</param>
    public static ToldFailure Adjust(string? client, ToldFailure told, Classification verdict)
    {
        foreach (var profile in All)
        {
            if (string.Equals(profile.Client, client, StringComparison.OrdinalIgnoreCase)
                && Array.Find(profile.Rules, rule => rule.AppliesTo(told, verdict)) is { } rule)
            {
                return rule.Adjust(told);
            }
        }

        return told;
    }

    private static ClientProfile[] Load()
    {
        using var stream = typeof(ClientProfiles).Assembly.GetManifestResourceStream("client-profiles.json")!;
        return JsonSerializer.Deserialize(stream, ClientProfileJson.Default.ClientProfileFile)!.Profiles;
    }
}

/// <summary>The file.</summary>
internal sealed record ClientProfileFile(ClientProfile[] Profiles);

/// <summary>One client's rules; the first that applies is used.</summary>
internal sealed record ClientProfile(string Client, ClientProfileRule[] Rules);

/// <summary>One rule: when it applies, and what is told then.</summary>
internal sealed class ClientProfileRule
{
    public int[] Statuses { get; set; } = [];

    public string[] Reasons { get; set; } = [];

    public string[] Codes { get; set; } = [];

    public int? Status { get; set; }

    public string? Type { get; set; }

    public string? Code { get; set; }

    /// <summary>Seconds to say where the upstream says none.</summary>
    public double? UsualRetryAfter { get; set; }

    /// <summary>Seconds the client may be told at most: beyond them it would give up.</summary>
    public double? LongestRetryAfter { get; set; }

    public bool AppliesTo(ToldFailure told, Classification verdict) =>
        (Statuses.Length == 0 || Statuses.Contains(told.Status))
        && (Reasons.Length == 0 || Reasons.Contains(verdict.Reason.Word()))
        && (Codes.Length == 0 || Codes.Contains(told.Type) || Codes.Contains(told.Code));

    public ToldFailure Adjust(ToldFailure told)
    {
        var wait = told.RetryAfter?.TotalSeconds ?? UsualRetryAfter;
        return new(Status ?? told.Status, Type, Code,
            wait is { } seconds ? TimeSpan.FromSeconds(Math.Min(seconds, LongestRetryAfter ?? seconds)) : null);
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, ReadCommentHandling = JsonCommentHandling.Skip,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ClientProfileFile))]
internal sealed partial class ClientProfileJson : JsonSerializerContext;
