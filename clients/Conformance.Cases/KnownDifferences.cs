namespace ModelService.Conformance;

/// <summary>Where other servers are known to differ from what the kit expects, and why that is no failure.</summary>
internal static class KnownDifferences
{
    private static readonly (string Server, string Case, string Why)[] All =
    [
        ("triton", "rest/health/", "answers with an empty body"),
        ("triton", "rest/model/ready", "answers with an empty body"),
        ("triton", "rest/model/versions/1/ready", "answers with an empty body"),
        ("triton", "rest/repository/unload and load", "answers 400 where a model is not ready"),
        ("triton", "rest/errors/wrong method", "answers 405 without an error text"),
        ("triton", "rest/errors/unknown path", "answers 404 without an error text"),
        ("triton", "hostile/negative size", "older versions answer 500"),
        ("triton", "hostile/FP16 as JSON", "takes FP16 as JSON where the model's input has it"),
        ("triton", "hostile/classification of nothing", "takes 0 as all classes"),
        ("triton", "grpc/hostile/a million inputs", "answers RESOURCE_EXHAUSTED"),
        ("mlserver", "rest/health/", "answers with an empty body"),
        ("mlserver", "rest/model/ready", "answers with an empty body"),
        ("mlserver", "rest/model/versions/1/ready", "answers with an empty body"),
        ("mlserver", "rest/repository/unload and load", "answers 400 where a model is not ready"),
        ("mlserver", "rest/errors/", "answers {\"detail\": ...} where the path or the method is wrong"),
        ("mlserver", "hostile/", "answers 422 {\"detail\": [...]} to a tensor that is wrong"),
        ("mlserver", "grpc/health", "has no grpc.health.v1"),
        ("kserve", "rest/model/versions/1", "answers 501: it has no versions"),
        ("kserve", "grpc/RepositoryModel", "has the model's name as field 1"),
        ("kserve", "grpc/hostile/RepositoryModelLoad", "has the model's name as field 1"),
    ];

    /// <summary>Why a case that a server fails is no failure; null: it is one.</summary>
    /// <param name="server">The server's own name.</param>
    /// <param name="name">The case's name.</param>
    public static string? Find(string server, string name) =>
        All.Where(known =>
                server.Contains(known.Server, StringComparison.OrdinalIgnoreCase)
                && name.StartsWith(known.Case, StringComparison.Ordinal)
            )
            .Select(known => known.Why)
            .FirstOrDefault();
}
