using Grpc.Core;

namespace ModelService.Conformance;

/// <summary>Tries the cases against a server.</summary>
internal static class Kit
{
    /// <summary>The verdict of a case that the server fails.</summary>
    public const string Failed = "FAILED";

    /// <summary>Tries the cases, one after another.</summary>
    /// <param name="target">The server.</param>
    /// <param name="manages">Whether to try those that unload and load the model.</param>
    /// <param name="only">A text that the names of the cases have; null: all of them.</param>
    public static async IAsyncEnumerable<Tried> TryAsync(Target target, bool manages, string? only)
    {
        IEnumerable<Case> cases =
        [
            .. RestCases.All(),
            .. HostileRestCases.All(),
            .. target.Calls is null ? [] : GrpcCases.All().Concat(HostileGrpcCases.All()),
        ];
        foreach (var item in cases.Where(item => item.Name.Contains(only ?? "", StringComparison.Ordinal)))
        {
            var (verdict, outcome) =
                item.Extension is { } extension && !target.Extensions.Contains(extension)
                    ? ("skipped", $"{extension} is not advertised")
                : item.Manages && !manages ? ("skipped", "without --manage")
                : await TryAsync(item, target);
            yield return new Tried(item, verdict, outcome);
        }
    }

    private static async Task<(string Verdict, string Outcome)> TryAsync(Case item, Target target)
    {
        try
        {
            var outcome = await item.Run(target);
            if (item.IsHostile)
                await target.LivesAsync();
            return ("passed", outcome);
        }
        catch (Exception exception)
            when (exception is UnmetException or HttpRequestException or TaskCanceledException or RpcException)
        {
            var outcome = exception.Message;
            return KnownDifferences.Find(target.Server, item.Name) is { } why
                ? ("differs", $"{outcome}; known: {why}")
                : (Failed, outcome);
        }
    }
}

/// <summary>A case that was tried.</summary>
/// <param name="Case">The case.</param>
/// <param name="Verdict"><c>passed</c>, <c>skipped</c>, <c>differs</c> or <c>FAILED</c>.</param>
/// <param name="Outcome">What the server answered, or why it was not asked.</param>
internal sealed record Tried(Case Case, string Verdict, string Outcome);
