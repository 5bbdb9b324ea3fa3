using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using SseKit.ClientTests.Infrastructure;

namespace SseKit.BrowserTests.Recipes;

/// <summary>React's packages as ES modules, which they are not.</summary>
internal static class ReactModules
{
    public static ContentHttpResult React => Module(
        $"""
        const react = {Wrap("react/cjs/react.production.js")};
        export const {"{ createElement, useCallback, useEffect, useRef, useState }"} = react;
        export default react;
        """);

    public static ContentHttpResult ReactDom => Module(
        $$"""
        import react from "/lib/react/+esm";
        const packages = { react };
        const require = name => packages[name];
        packages.scheduler = {{Wrap("scheduler/cjs/scheduler.production.js")}};
        packages["react-dom"] = {{Wrap("react-dom/cjs/react-dom.production.js")}};
        export const { createRoot } = {{Wrap("react-dom/cjs/react-dom-client.production.js")}};
        """);

    private static ContentHttpResult Module(string script) => TypedResults.Content(script, "text/javascript");

    private static string Wrap(string file) =>
        $"(exports => {{\n{File.ReadAllText(NodeClients.PathInPackages(file))}\nreturn exports; }})({{}})";
}
