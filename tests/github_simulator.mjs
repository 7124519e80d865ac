// A GitHub whose requests and answers are checked by GitHub's own OpenAPI description.
// Each answer is the description's example with the values of the state, a JSON file that is read for each request.
import { readFileSync } from "node:fs";
import { simulation } from "@simulacrum/github-api-simulator";

const [port, stateFile] = process.argv.slice(2);
const state = () => JSON.parse(readFileSync(stateFile, "utf8"));
const example = (context) => context.api.mockResponseForOperation(context.operation.operationId).mock;
const user = (base, login) => ({ ...base, login, id: state().users[login].id });
const repository = (context) => `${context.request.params.owner}/${context.request.params.repo}`;
const ok = (json) => ({ status: 200, json });

const profile = (context, login) => {
  const known = state().users[login];
  return known ? ok({ ...example(context), login, ...known }) : { status: 404, json: { message: "Not Found" } };
};

const list = (context, name, convert) => {
  const [first] = example(context);
  return ok((state()[name][repository(context)] ?? []).map((item) => convert(first, item)));
};

const handlers = {
  "users/get-by-username": (context) => profile(context, context.request.params.username),
  "users/get-by-id": (context) => {
    const id = Number(context.request.params.account_id);
    return profile(context, Object.keys(state().users).find((login) => state().users[login].id === id));
  },
  "users/list-social-accounts-for-user": () => ok([]),
  "repos/list-for-user": (context) => {
    const [first] = example(context);
    const own = state().repositories.filter((item) => item.full_name.startsWith(`${context.request.params.username}/`));
    return ok(own.map((item) => ({ ...first, ...item, fork: false, private: false })));
  },
  "activity/list-stargazers-for-repo": (context) =>
    list(context, "stars", (first, star) => ({ starred_at: star.at, user: user(first, star.login) })),
  "repos/list-forks": (context) =>
    list(context, "forks", (first, fork) => ({ ...first, owner: user(first.owner, fork.login), created_at: fork.at })),
  "issues/list-comments-for-repo": (context) =>
    list(context, "comments", (first, comment) => ({
      ...first, id: comment.id, user: user(first.user, comment.login), created_at: comment.at, updated_at: comment.at,
    })),
  "pulls/list-review-comments-for-repo": () => ok([]),
  // The description of the answer cannot be compiled ("nullable" without a type), so this one is not checked.
  "search/issues-and-pull-requests": (context, _request, response) => {
    const login = /user:(\S+)/.exec(context.request.query.q)[1];
    const items = Object.entries(state().issues)
      .filter(([name]) => name.startsWith(`${login}/`))
      .flatMap(([name, issues]) => issues.map((issue) => ({
        id: issue.id, repository_url: `https://api.github.com/repos/${name}`, created_at: issue.at,
        user: { login: issue.login, id: state().users[issue.login].id, type: "User" },
      })));
    response.status(200).json({ total_count: items.length, incomplete_results: false, items });
  },
};

const initialState = { users: [], organizations: [], repositories: [], branches: [], blobs: [] };
const app = simulation({ initialState, extend: { openapiHandlers: () => handlers } });
await app.listen(Number(port), () => console.log("listening"));
