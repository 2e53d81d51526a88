using System.Net;
using System.Text.Json;

namespace Holdfast.Admin;

/// <summary>What asking a running gateway to reload its configuration came to.</summary>
internal abstract record ReloadAnswer
{
    private ReloadAnswer()
    {
    }

    public sealed record Reloaded(ReloadDocument Document, string Json) : ReloadAnswer;

    public sealed record Refused(RefusedReload Document) : ReloadAnswer;

    /// <param name="Why">What is there instead of a gateway; a sentence for people.</param>
    public sealed record NotRunning(string Why) : ReloadAnswer;
}

/// <summary>Asks the gateway of a home folder to reload, over its admin socket.</summary>
internal static class ReloadClient
{
    public static async Task<ReloadAnswer> AskAsync(string home, CancellationToken cancellationToken)
    {
        var path = AdminSocketFile.PathIn(home);
        if (AdminSocketFile.WhyNobody(path) is { } why)
        {
            return new ReloadAnswer.NotRunning(why);
        }

        try
        {
            using var http = AdminSocketFile.ClientOf(path, TimeSpan.FromSeconds(30));
            using var answer = await http.PostAsync(
                new Uri($"http://localhost{ReloadEndpoint.Path}"), content: null, cancellationToken);
            var json = await answer.Content.ReadAsStringAsync(cancellationToken);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => new ReloadAnswer.Reloaded(
                    JsonSerializer.Deserialize(json, ReloadJson.Default.ReloadDocument)!, json),
                HttpStatusCode.UnprocessableEntity => new ReloadAnswer.Refused(
                    JsonSerializer.Deserialize(json, ReloadJson.Default.RefusedReload)!),
                _ => new ReloadAnswer.NotRunning($"what answers at {path} does not reload (status {(int)answer.StatusCode})."),
            };
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or OperationCanceledException)
        {
            return new ReloadAnswer.NotRunning(AdminSocketFile.WhyFailed(path, e));
        }
    }
}
