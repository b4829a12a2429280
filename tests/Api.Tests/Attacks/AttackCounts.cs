namespace ModelService.Api.Tests.Attacks;

/// <summary>What became of one hostile input.</summary>
internal enum Fate
{
    /// <summary>A success.</summary>
    Taken,

    /// <summary>An error of the client, such as 400 or 422.</summary>
    Refused,

    /// <summary>A documented request to wait or to send less: 429, 503 or 504.</summary>
    Later,

    /// <summary>The server closed the connection without an answer.</summary>
    Closed,

    /// <summary>500, or an error that the OpenAPI document does not list.</summary>
    Bug,

    /// <summary>No answer within the longest time.</summary>
    Hang,
}

/// <summary>The counts of one kind of attack.</summary>
internal sealed class AttackCounts
{
    private readonly int[] fates = new int[Enum.GetValues<Fate>().Length];

    /// <summary>Inputs tried.</summary>
    public int Inputs => fates.Sum();

    /// <summary>Whether the server's process ended.</summary>
    public bool Crashed { get; set; }

    /// <summary>Files that the attack left in the staging folders, and folders of models that are gone.</summary>
    public int FilesLeft { get; set; }

    /// <summary>Lines about bugs in the log; they also tell of those whose answers nobody read.</summary>
    public int LoggedBugs { get; set; }

    /// <summary>Answers with 500 or with an error that is not documented.</summary>
    public int Bugs => Math.Max(this[Fate.Bug], LoggedBugs);

    /// <summary>How many inputs had a fate.</summary>
    public int this[Fate fate] => fates[(int)fate];

    /// <summary>Counts an input.</summary>
    public void Add(Fate fate) => Interlocked.Increment(ref fates[(int)fate]);
}
