namespace ModelService.Conformance;

/// <summary>What nobody in their right mind sends over REST. After each, the server must be alive.</summary>
internal static class HostileRestCases
{
    private static readonly int[] BadRequest = [400],
        BadOrMissing = [400, 404];

    /// <summary>The cases.</summary>
    public static IEnumerable<Case> All() => [.. Jsons(), .. Binaries(), .. Repositories()];

    private static IEnumerable<Case> Jsons()
    {
        yield return Infer("nothing", _ => "");
        yield return Infer("no object", _ => "[]");
        yield return Infer("no inputs", _ => "{}");
        yield return Infer("product overflows", target => target.Json("[1]", "[1,4294967296,4294967296,4294967296]"));
        yield return Infer("product overflows to zero", target => target.Json("[]", "[1,9223372036854775807,2,2]"));
        yield return Infer("negative size", target => target.Json(shape: Negative(target)));
        yield return Infer("size beyond 64 bits", target => target.Json(shape: "[1,99999999999999999999999]"));
        yield return Infer(
            "1,000 sizes",
            target => target.Json(shape: $"[{string.Join(',', Enumerable.Repeat(1, 1000))}]")
        );
        yield return Infer("too few numbers", target => target.Json("[1]"));
        yield return Infer("unknown input", target => target.Json(name: "nobody"));
        yield return Infer("NUL in a name", target => target.Json(name: "in\\u0000put"));
        yield return Infer("half a surrogate", target => target.Json(name: "\\ud800"));
        yield return Infer("unknown datatype", target => target.Json(datatype: "FP31"));
        yield return Infer("FP16 as JSON", target => target.Json(datatype: "FP16"));
        yield return Infer("unknown output", target => target.Json(more: ""","outputs":[{"name":"nobody"}]"""));
        yield return Infer(
            "an output twice",
            target =>
                target.Json(
                    more: $$""","outputs":[{"name":"{{target.Outputs[0]}}"},{"name":"{{target.Outputs[0]}}"}]"""
                )
        );
        yield return Infer("deep parameters", target => target.Json(more: $$""","parameters":{{Bodies.Deep(101)}}"""));
        yield return Infer("deep data", target => target.Json(Bodies.Deep(101)));
        yield return Infer("250,000 deep", _ => Bodies.Deep(250_000));
        yield return Infer(
            "classification of nothing",
            target =>
                target.Json(
                    more: $$$""","outputs":[{"name":"{{{target.Outputs[0]}}}","parameters":{"classification":0}}]"""
                )
        );
        yield return Hostile(
            "gzip bomb",
            [400, 413],
            target => target.InferAsync(Bodies.Compressed(new byte[100 << 20], "gzip"))
        );
        yield return Hostile(
            "gzip that is none",
            BadRequest,
            target =>
            {
                var body = Bodies.Json(target.Json());
                body.Headers.ContentEncoding.Add("gzip");
                return target.InferAsync(body);
            }
        );
    }

    private static IEnumerable<Case> Binaries()
    {
        foreach (var length in new[] { "99999999999", "99999999999999999999999999", "-1", "many", "1" })
        {
            yield return Hostile(
                $"length of the JSON is {length}",
                BadRequest,
                target => target.InferAsync(Bodies.Binary("{}", [1, 2, 3], length))
            ) with
            {
                Extension = "binary_tensor_data",
            };
        }

        foreach (var size in new[] { "4", "-1", "9223372036854775807" })
        {
            yield return Hostile(
                $"binary_data_size is {size}",
                BadRequest,
                target => target.InferAsync(Bodies.Binary(target.BinaryJson(size: size), [0, 0, 0, 0]))
            ) with
            {
                Extension = "binary_tensor_data",
            };
        }

        yield return Hostile(
            "raw request of another size",
            BadRequest,
            target => target.InferAsync(Bodies.Binary("", [1, 2, 3]))
        ) with
        {
            Extension = "binary_tensor_data",
        };
    }

    private static IEnumerable<Case> Repositories()
    {
        yield return Repository("index 250,000 deep", "index", Bodies.Deep(250_000), BadRequest);
        foreach (var action in new[] { "load", "unload" })
        {
            yield return Repository($"{action} of nobody", $"models/nobody/{action}", "", BadOrMissing);
            yield return Repository($"{action} of an empty name", $"models//{action}", "", BadOrMissing);
            yield return Repository($"{action} of a blank name", $"models/%20%20/{action}", "", BadOrMissing);
            yield return Repository($"{action} of a path", $"models/..%2F..%2Fetc/{action}", "", BadOrMissing);

            // Web servers refuse such a path themselves, and know nothing of the protocol's errors.
            yield return new Case(
                $"hostile/repository/{action} of a name with NUL",
                "400 or 404",
                async target =>
                {
                    var answer = await target.PostAsync($"/v2/repository/models/a%00b/{action}", "");
                    return $"{answer.Expect(BadOrMissing).Status}";
                }
            )
            {
                Extension = "model_repository",
                IsHostile = true,
            };
        }

        yield return Repository("load a list", "models/new/load", """{"parameters":[]}""", BadRequest);
        yield return Repository(
            "load a file without a config",
            "models/new/load",
            """{"parameters":{"file:1/model":"AAAA"}}""",
            BadOrMissing
        );
        yield return Repository(
            "load a file with a name of 256 characters",
            "models/new/load",
            $$$"""{"parameters":{"config":"{}","file:{{{new string('a', 256)}}}":"AAAA"}}""",
            BadRequest
        );
        yield return Repository(
            "load a config with NUL",
            "models/new/load",
            """{"parameters":{"config":"\u0000"}}""",
            BadRequest
        );
    }

    private static string Negative(Target target) => $"[{string.Join(',', target.Shape.SkipLast(1).Append(-3))}]";

    private static Case Infer(string name, Func<Target, string> json) =>
        Hostile(name, BadRequest, target => target.InferAsync(json(target)));

    private static Case Repository(string name, string path, string body, int[] statuses) =>
        Hostile($"repository/{name}", statuses, target => target.PostAsync($"/v2/repository/{path}", body)) with
        {
            Extension = "model_repository",
        };

    private static Case Hostile(string name, int[] statuses, Func<Target, Task<Answer>> send) =>
        new(
            $"hostile/{name}",
            $"{string.Join(" or ", statuses)} {{\"error\": text}}",
            async target => $"{(await send(target)).ExpectError(statuses).Status}"
        )
        {
            IsHostile = true,
        };
}
