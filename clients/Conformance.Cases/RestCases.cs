using System.Text;
using System.Text.Json;

namespace ModelService.Conformance;

/// <summary>The protocol over REST, as well-meaning clients use it.</summary>
internal static class RestCases
{
    private const string Binary = "binary_tensor_data",
        Repository = "model_repository";

    /// <summary>The cases.</summary>
    public static IEnumerable<Case> All() => [.. Described(), .. Inferred(), .. Extended(), .. Refused()];

    private static IEnumerable<Case> Described()
    {
        yield return Get("health/live", "/v2/health/live", _ => true);
        yield return Get("health/ready", "/v2/health/ready", _ => true);
        foreach (var path in new[] { "/v2", "/v2/" })
            yield return Get($"metadata {path}", path, json => Has(json, "name", "version", "extensions"));
        foreach (var version in new[] { "", "/versions/1" })
        {
            yield return Get(
                $"model{version}",
                $"/v2/models/MODEL{version}",
                json => Has(json, "name", "platform", "inputs", "outputs")
            );
            yield return Get($"model{version}/ready", $"/v2/models/MODEL{version}/ready", _ => true);
        }

        yield return Get(
            "config",
            "/v2/models/MODEL/config",
            json => Has(json, "max_batch_size", "input", "output")
        ) with
        {
            Extension = "model_configuration",
        };
        foreach (
            var path in new[] { "/v2/models/stats", "/v2/models/MODEL/stats", "/v2/models/MODEL/versions/1/stats" }
        )
        {
            yield return Get($"statistics {path}", path, json => Has(json, "model_stats")) with
            {
                Extension = "statistics",
            };
        }
    }

    private static IEnumerable<Case> Inferred()
    {
        yield return new Case(
            "rest/infer/flat and nested",
            "200, the same numbers",
            async target =>
            {
                var flat = (await target.InferAsync(target.Json())).Expect(200);
                var nested = (await target.InferAsync(target.Json(Bodies.Nested(target.Numbers, target.Shape)))).Expect(
                    200
                );
                return Same(target, flat, nested);
            }
        );
        yield return new Case(
            "rest/infer/id, parameters and outputs",
            "200, the id and the one output",
            async target =>
            {
                var output = target.Outputs[0];
                var more = $$""","id":"mine","parameters":{"unknown":1},"outputs":[{"name":"{{output}}"}]""";
                var answer = (await target.InferAsync(target.Json(more: more))).Expect(200);
                var names = answer.Json.GetProperty("outputs").EnumerateArray().Select(tensor => Text(tensor, "name"));
                UnmetException.Unless(Text(answer.Json, "id") == "mine" && names.SequenceEqual([output]), $"{answer}");
                return $"{answer.Status}";
            }
        );
        yield return new Case(
            "rest/infer/version",
            "200",
            async target =>
            {
                var answer = await target.PostAsync($"/v2/models/{target.Model}/versions/1/infer", target.Json());
                return $"{answer.Expect(200).Status}";
            }
        );
        foreach (var encoding in new[] { "gzip", "deflate" })
        {
            yield return new Case(
                $"rest/infer/{encoding}",
                "200, the same numbers",
                async target =>
                    Same(
                        target,
                        (await target.InferAsync(target.Json())).Expect(200),
                        (
                            await target.InferAsync(Bodies.Compressed(Encoding.UTF8.GetBytes(target.Json()), encoding))
                        ).Expect(200)
                    )
            );
        }

        yield return new Case(
            "rest/infer/many chunks",
            "200, of 70,000 chunks",
            async target =>
            {
                var json = target.Json();
                var answer = await target.InferAsync(
                    Bodies.Chunks(json + new string(' ', Math.Max(0, 70_000 - json.Length)))
                );
                return $"{answer.Expect(200).Status}";
            }
        )
        {
            IsHostile = true,
        };
    }

    private static IEnumerable<Case> Extended()
    {
        const string AllBinary = ""","parameters":{"binary_data_output":true}""";
        yield return Encoded(
            "binary input",
            target => Bodies.Binary(target.BinaryJson(), Bodies.Bytes(target.Numbers))
        );
        yield return Encoded("binary output", target => Bodies.Json(target.Json(more: AllBinary)));
        yield return Encoded(
            "binary input and output",
            target => Bodies.Binary(target.BinaryJson(AllBinary), Bodies.Bytes(target.Numbers))
        );
        yield return Encoded("raw request", target => Bodies.Binary("", Bodies.Bytes(target.Numbers)));
        yield return new Case(
            "rest/binary/an output's own parameter",
            "200, one output as JSON",
            async target =>
            {
                var output = target.Outputs[0];
                var more = $$$"""
                    {{{AllBinary}}},"outputs":[{"name":"{{{output}}}","parameters":{"binary_data":false}}]
                    """;
                var answer = (await target.InferAsync(target.Json(more: more))).Expect(200);
                UnmetException.Unless(answer.JsonLength is null or 0, $"{answer}");
                return $"{answer.Status}";
            }
        )
        {
            Extension = Binary,
        };
        yield return new Case(
            "rest/classification",
            "200, BYTES of \"value:index[:label]\"",
            async target =>
            {
                var more = $$$""","outputs":[{"name":"{{{target.Outputs[^1]}}}","parameters":{"classification":2}}]""";
                var answer = (await target.InferAsync(target.Json(more: more))).Expect(200);
                var output = answer.Json.GetProperty("outputs")[0];
                var best = output.GetProperty("data").EnumerateArray().Select(item => item.GetString()!).ToList();
                UnmetException.Unless(
                    Text(output, "datatype") == "BYTES"
                        && best.Count == 2
                        && best.TrueForAll(text => text.Contains(':')),
                    $"{answer}"
                );
                return $"{answer.Status} {best[0]}";
            }
        )
        {
            Extension = "classification",
        };
        yield return new Case(
            "rest/schedule_policy",
            "200",
            async target =>
            {
                var more = ""","parameters":{"priority":1,"timeout":60000000}""";
                return $"{(await target.InferAsync(target.Json(more: more))).Expect(200).Status}";
            }
        )
        {
            Extension = "schedule_policy",
        };
        foreach (var body in new[] { "", "{}", """{"ready":true}""" })
        {
            yield return new Case(
                $"rest/repository/index {body}".Trim(),
                "200, names and states",
                async target =>
                {
                    var answer = (await target.PostAsync("/v2/repository/index", body)).Expect(200);
                    UnmetException.Unless(
                        answer.Json.EnumerateArray().Any(entry => Text(entry, "name") == target.Model),
                        $"{answer}"
                    );
                    return $"{answer.Status}";
                }
            )
            {
                Extension = Repository,
            };
        }

        yield return new Case(
            "rest/repository/unload and load",
            "200, not ready, 200, ready",
            async target =>
            {
                var path = $"/v2/repository/models/{target.Model}";
                var ready = $"/v2/models/{target.Model}/ready";
                (await target.PostAsync($"{path}/unload", """{"parameters":{"unload_dependents":false}}""")).Expect(
                    200
                );
                (await target.GetAsync(ready)).Expect(503);
                (await target.PostAsync($"{path}/load", "")).Expect(200);
                return $"{(await target.GetAsync(ready)).Expect(200).Status}";
            }
        )
        {
            Extension = Repository,
            Manages = true,
        };
    }

    private static IEnumerable<Case> Refused()
    {
        yield return Refusal("unknown model", HttpMethod.Get, "/v2/models/nobody", 404);
        yield return Refusal("unknown version", HttpMethod.Get, "/v2/models/MODEL/versions/999", 404);
        yield return Refusal("unknown model's ready", HttpMethod.Get, "/v2/models/nobody/ready", 404);
        yield return Refusal("unknown model's infer", HttpMethod.Post, "/v2/models/nobody/infer", 404);
        yield return Refusal("wrong method", HttpMethod.Get, "/v2/models/MODEL/infer", 405);
        yield return Refusal("unknown path", HttpMethod.Get, "/v2/nothing", 404);
    }

    private static Case Get(string name, string path, Func<JsonElement, bool> isRight) =>
        new(
            $"rest/{name}",
            "200, with all that it must have",
            async target =>
            {
                var answer = await target.GetAsync(path.Replace("MODEL", target.Model, StringComparison.Ordinal));
                UnmetException.Unless(isRight(answer.Expect(200).Json), $"{answer}");
                return $"{answer.Status}";
            }
        );

    private static Case Encoded(string name, Func<Target, HttpContent> body) =>
        new(
            $"rest/binary/{name}",
            "200, the same numbers",
            async target =>
                Same(
                    target,
                    (await target.InferAsync(target.Json())).Expect(200),
                    (await target.InferAsync(body(target))).Expect(200)
                )
        )
        {
            Extension = Binary,
        };

    private static Case Refusal(string name, HttpMethod method, string path, int status) =>
        new(
            $"rest/errors/{name}",
            $"{status} {{\"error\": text}}",
            async target =>
            {
                var body = method == HttpMethod.Post ? Bodies.Json(target.Json()) : null;
                var answer = await target.SendAsync(
                    method,
                    path.Replace("MODEL", target.Model, StringComparison.Ordinal),
                    body
                );
                return $"{answer.ExpectError(status).Status}";
            }
        );

    private static string Same(Target target, Answer expected, Answer answer)
    {
        foreach (var output in target.Outputs)
        {
            UnmetException.Unless(
                expected.Numbers(output).AsSpan().SequenceEqual(answer.Numbers(output)),
                $"{answer.Status}, other numbers of '{output}'"
            );
        }

        return $"{answer.Status}, the same numbers";
    }

    private static bool Has(JsonElement json, params string[] names) =>
        json.ValueKind == JsonValueKind.Object && Array.TrueForAll(names, name => json.TryGetProperty(name, out _));

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) ? value.GetString() : null;
}
