namespace ModelService.Conformance;

/// <summary>One thing that a server must do.</summary>
/// <param name="Name">Its name: words between slashes, from the general to the special.</param>
/// <param name="Expectation">What the server must answer, for the report.</param>
/// <param name="Run">Tries it, and returns what the server answered.</param>
internal sealed record Case(string Name, string Expectation, Func<Target, Task<string>> Run)
{
    /// <summary>
    /// The extension that a server must advertise for the case to be tried; null: every server must pass.
    /// </summary>
    public string? Extension { get; init; }

    /// <summary>Whether the case changes the server's models, which only <c>--manage</c> allows.</summary>
    public bool Manages { get; init; }

    /// <summary>Whether the server must be alive afterwards, and answer as before.</summary>
    public bool IsHostile { get; init; }
}

/// <summary>A server has not done what it must.</summary>
/// <param name="outcome">What it did instead.</param>
internal sealed class UnmetException(string outcome) : Exception(outcome)
{
    /// <summary>Fails unless a condition is met.</summary>
    public static void Unless(bool isMet, string outcome)
    {
        if (!isMet)
            throw new UnmetException(outcome);
    }
}
